-- name: list_containers
SELECT n.container_id AS id, n.name, n.lon, n.lat, n.kind_id AS kind, z.name AS zone_name, n.capacity_l,
       coalesce(c.document->>'stream', 'residual') AS stream, n.fill_ratio, n.fill_at, n.last_emptied_at
FROM container_now n
JOIN container c USING (city_id, container_id)
JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
WHERE n.city_id = %(city)s ORDER BY n.container_id

-- name: list_kinds
SELECT document FROM registry_entry WHERE city_id = %(city)s AND kind = 'container_kind' ORDER BY entry_id

-- name: find_city
SELECT document FROM city WHERE city_id = %(city)s
