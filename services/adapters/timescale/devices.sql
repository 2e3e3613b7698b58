-- name: list_devices
SELECT city_id, 'containers' AS kind, container_id AS device_id FROM container WHERE active
UNION ALL
SELECT city_id, 'trucks', truck_id FROM truck WHERE active
