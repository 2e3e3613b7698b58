-- name: list_registered
-- What may speak of each city, or of one: `sensor` says whether a password is given to it unasked.
SELECT city_id, 'container' AS registered_as, container_id AS device_id, sensor AS speaks FROM container
WHERE active AND (%(city)s::text IS NULL OR city_id = %(city)s)
UNION ALL
SELECT city_id, 'truck', truck_id, true FROM truck
WHERE active AND (%(city)s::text IS NULL OR city_id = %(city)s)
UNION ALL
SELECT city_id, 'disposal_site', entry_id, true FROM registry_entry
WHERE kind = 'disposal_site' AND (%(city)s::text IS NULL OR city_id = %(city)s)
ORDER BY city_id, registered_as, device_id

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: find_container_kinds
SELECT document FROM registry_entry WHERE kind = 'container_kind' AND entry_id = %(kind)s ORDER BY city_id
