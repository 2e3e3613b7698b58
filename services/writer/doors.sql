-- name: make_incoming_uplinks
CREATE TEMP TABLE IF NOT EXISTS incoming_uplink (LIKE uplink) ON COMMIT DELETE ROWS

-- name: copy_uplinks
COPY incoming_uplink (city_id, container_id, happened_at, received_at, door, device, decoder, distance_mm, fill_ratio,
                      battery_ratio, temperature_c, alarms)
FROM STDIN (FORMAT binary)

-- name: insert_uplinks
-- In the order of the key, as every writer does, so that two who hold the same uplinks do not wait for each other.
INSERT INTO uplink SELECT * FROM incoming_uplink ORDER BY city_id, container_id, happened_at, received_at
ON CONFLICT DO NOTHING

-- name: drop_old_door_heard
DELETE FROM door_heard WHERE city_id = %(city)s AND door = %(door)s AND last_at < %(before)s

-- name: insert_door_heard
INSERT INTO door_heard (heard_id, city_id, door, messages, left_aside, rejected, last_at, last_device, last_left_aside,
                        last_rejected)
VALUES (%(id)s, %(city)s, %(door)s, %(messages)s, %(left_aside)s, %(rejected)s, %(last_at)s, %(last_device)s,
        %(last_left_aside)s, %(last_rejected)s)
ON CONFLICT DO NOTHING
