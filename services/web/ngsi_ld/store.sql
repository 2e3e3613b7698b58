-- name: find_key
SELECT city_id FROM door_key WHERE key_hash = %(key_hash)s AND door = 'ngsi-ld'

-- name: list_containers
SELECT n.container_id AS id, n.name, n.lon, n.lat, n.kind_id AS kind, z.name AS zone_name, n.capacity_l,
       coalesce(c.document->>'stream', 'residual') AS stream, n.fill_ratio, n.fill_at, n.last_emptied_at
FROM container_now n
JOIN container c USING (city_id, container_id)
JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
WHERE n.city_id = %(city)s ORDER BY n.container_id
