-- name: list_devices
SELECT city_id, 'containers' AS kind, container_id AS device_id FROM container WHERE active
UNION ALL
SELECT city_id, 'trucks', truck_id FROM truck WHERE active

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: list_senders
SELECT city_id, 'containers' AS kind, container_id AS device_id FROM container
WHERE city_id = %(city)s AND active AND sensor
UNION ALL
SELECT city_id, 'trucks', truck_id FROM truck WHERE city_id = %(city)s AND active
ORDER BY kind, device_id
