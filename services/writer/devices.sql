-- name: list_truck_scales
-- A scale has the id of the truck or of the disposal site it belongs to; these belong to trucks.
SELECT city_id AS city, truck_id AS scale FROM truck WHERE truck_id = ANY(%(scales)s)

-- name: insert_device_note
INSERT INTO device_note (note_id, city_id, kind, device_id, field, example, messages, first_at, last_at)
VALUES (%(id)s, %(city)s, %(kind)s, %(device)s, %(field)s, %(example)s, %(messages)s, %(first_at)s, %(last_at)s)
ON CONFLICT DO NOTHING
