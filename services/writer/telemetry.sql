-- name: copy_readings
COPY reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
FROM STDIN (FORMAT binary)

-- name: make_doubtful_readings
CREATE TEMP TABLE IF NOT EXISTS doubtful_reading (LIKE reading) ON COMMIT DELETE ROWS

-- name: copy_doubtful_readings
COPY doubtful_reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
FROM STDIN (FORMAT binary)

-- name: insert_doubtful_readings
-- In the order of the key, as every writer does, so that two who hold the same readings do not wait for each other.
WITH fresh AS (
    INSERT INTO reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
    SELECT city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c
    FROM doubtful_reading ORDER BY container_id, city_id, happened_at
    ON CONFLICT DO NOTHING
    RETURNING city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c
)
SELECT * FROM fresh ORDER BY container_id, city_id, happened_at

-- name: make_notes
CREATE TEMP TABLE IF NOT EXISTS reading_note (
    city_id text, container_id text, fill_ratio real, fill_at timestamptz, battery_ratio real, readings integer,
    news_from timestamptz
) ON COMMIT DELETE ROWS

-- name: copy_notes
COPY reading_note (city_id, container_id, fill_ratio, fill_at, battery_ratio, readings, news_from)
FROM STDIN (FORMAT binary)

-- name: clear_notes
-- At the end of a transaction they go by themselves; but it may hold many batches.
DELETE FROM reading_note

-- name: note_readings
-- Each container once, in the order in which every writer takes them. What the readings mean is learned elsewhere; here
-- is only which is the latest, and from where on there is news.
INSERT INTO container_state AS state
       (city_id, container_id, fill_ratio, fill_at, battery_ratio, readings, news_from)
SELECT city_id, container_id, fill_ratio, fill_at, battery_ratio, readings, news_from FROM reading_note
ORDER BY container_id, city_id
ON CONFLICT (city_id, container_id) DO UPDATE SET
    fill_ratio = CASE WHEN state.fill_at > excluded.fill_at THEN state.fill_ratio ELSE excluded.fill_ratio END,
    battery_ratio = CASE WHEN state.fill_at > excluded.fill_at THEN state.battery_ratio ELSE excluded.battery_ratio END,
    fill_at = greatest(state.fill_at, excluded.fill_at),
    readings = state.readings + excluded.readings,
    news_from = least(state.news_from, excluded.news_from)

-- name: touch_hours
-- Which hours (UTC) have new readings: upkeep rolls them up. Rows are only ever added here, so that writers never wait
-- for each other nor for upkeep.
INSERT INTO reading_touched (city_id, hour) SELECT * FROM unnest(%(cities)s::text[], %(hours)s::timestamptz[])

-- name: make_incoming_positions
CREATE TEMP TABLE IF NOT EXISTS incoming_position (LIKE position) ON COMMIT DELETE ROWS

-- name: copy_positions
COPY incoming_position (city_id, truck_id, happened_at, received_at, lon, lat, speed_kmh, heading_deg, accuracy_m)
FROM STDIN (FORMAT binary)

-- name: insert_positions
INSERT INTO position
SELECT DISTINCT ON (city_id, truck_id, happened_at) * FROM incoming_position
ORDER BY city_id, truck_id, happened_at, received_at
ON CONFLICT DO NOTHING

-- name: update_truck_state
INSERT INTO truck_state AS state (city_id, truck_id, happened_at, lon, lat, speed_kmh, heading_deg)
SELECT DISTINCT ON (city_id, truck_id) city_id, truck_id, happened_at, lon, lat, speed_kmh, heading_deg
FROM incoming_position ORDER BY city_id, truck_id, happened_at DESC
ON CONFLICT (city_id, truck_id) DO UPDATE SET
    happened_at = excluded.happened_at, lon = excluded.lon, lat = excluded.lat,
    speed_kmh = excluded.speed_kmh, heading_deg = excluded.heading_deg
WHERE excluded.happened_at > state.happened_at

-- name: touch_driven_days
-- Days, of the city's own clock, whose positions the ledger has not counted; it takes the marks away when it has. Rows
-- are only ever added here, so that writers never wait for each other nor for the ledger.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT i.city_id, (i.happened_at AT TIME ZONE c.timezone)::date
FROM incoming_position i JOIN city c USING (city_id)

-- name: insert_rejected
INSERT INTO rejected (rejected_id, received_at, reason, detail, mqtt_topic, payload)
VALUES (%(id)s, %(received_at)s, %(reason)s, %(detail)s, %(mqtt_topic)s, %(payload)s)
ON CONFLICT DO NOTHING
