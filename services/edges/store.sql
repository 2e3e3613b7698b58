-- name: list_containers
SELECT city_id, container_id, name, kind_id AS kind FROM container
WHERE active AND (%(city)s::text IS NULL OR city_id = %(city)s) ORDER BY city_id, container_id

-- name: list_container_kinds
SELECT city_id, entry_id, document FROM registry_entry WHERE kind = 'container_kind'

-- name: list_trucks
SELECT city_id, truck_id FROM truck WHERE active

-- name: list_device_names
SELECT city_id, kind, name, device_id, decoder FROM device_name
WHERE %(city)s::text IS NULL OR city_id = %(city)s ORDER BY city_id, kind, name

-- name: put_device_name
INSERT INTO device_name (city_id, kind, name, device_id, decoder)
VALUES (%(city)s, %(kind)s, %(name)s, %(device)s, %(decoder)s)
ON CONFLICT (city_id, kind, name) DO UPDATE SET device_id = EXCLUDED.device_id, decoder = EXCLUDED.decoder

-- name: list_door_keys
SELECT key_hash, city_id, door, device_id FROM door_key

-- name: put_door_key
INSERT INTO door_key (key_hash, city_id, door, device_id, made_at)
VALUES (%(key_hash)s, %(city)s, %(door)s, %(device)s, %(made_at)s)
ON CONFLICT (city_id, door, coalesce(device_id, '')) DO UPDATE
SET key_hash = EXCLUDED.key_hash, made_at = EXCLUDED.made_at

-- name: drop_door_key
DELETE FROM door_key WHERE city_id = %(city)s AND door = %(door)s AND device_id IS NOT DISTINCT FROM %(device)s

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: truck_exists
SELECT 1 AS found FROM truck WHERE city_id = %(city)s AND truck_id = %(truck)s AND active
