-- name: insert_weighing
-- A scale has the id of the truck or of the disposal site it belongs to.
INSERT INTO observation (observation_id, city_id, kind, container_id, truck_id, site_id, happened_at, received_at,
                         weight_kg, said_by)
SELECT %(id)s, %(city)s, 'weight', %(from_container)s,
       CASE WHEN of_truck.is_one THEN %(scale)s ELSE %(from_truck)s END,
       CASE WHEN of_truck.is_one THEN NULL ELSE %(scale)s END,
       %(happened_at)s, %(received_at)s, %(net_kg)s, %(scale)s
FROM (SELECT EXISTS (SELECT FROM truck WHERE city_id = %(city)s AND truck_id = %(scale)s) AS is_one) AS of_truck
ON CONFLICT DO NOTHING

-- name: insert_device_note
INSERT INTO device_note (note_id, city_id, kind, device_id, field, example, messages, first_at, last_at)
VALUES (%(id)s, %(city)s, %(kind)s, %(device)s, %(field)s, %(example)s, %(messages)s, %(first_at)s, %(last_at)s)
ON CONFLICT DO NOTHING
