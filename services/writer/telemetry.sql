-- name: make_incoming_readings
CREATE TEMP TABLE IF NOT EXISTS incoming_reading (
    city_id text, container_id text, happened_at timestamptz, fill_ratio real, battery_ratio real, is_last boolean,
    counts boolean NOT NULL DEFAULT true -- into the sums: not where its container was emptied since
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS doubtful_reading (LIKE reading) ON COMMIT DELETE ROWS

-- name: has_incoming_readings
SELECT EXISTS (SELECT FROM incoming_reading) OR EXISTS (SELECT FROM doubtful_reading) AS left_over

-- name: clear_incoming_readings
TRUNCATE incoming_reading, doubtful_reading

-- name: copy_readings
COPY reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
FROM STDIN (FORMAT binary)

-- name: copy_incoming_readings
COPY incoming_reading (city_id, container_id, happened_at, fill_ratio, battery_ratio, is_last)
FROM STDIN (FORMAT binary)

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
    RETURNING city_id, container_id, happened_at, fill_ratio, battery_ratio
)
INSERT INTO incoming_reading (city_id, container_id, happened_at, fill_ratio, battery_ratio, is_last)
SELECT *, happened_at = max(happened_at) OVER (PARTITION BY container_id, city_id) FROM fresh

-- name: claim_states
-- Nobody else changes these before we are done.
INSERT INTO container_state AS state (city_id, container_id)
SELECT DISTINCT city_id, container_id FROM incoming_reading ORDER BY container_id, city_id
ON CONFLICT (city_id, container_id) DO UPDATE SET city_id = excluded.city_id
WHERE false -- a row is locked before this is asked

-- name: leave_out_emptied
-- A claimed container's readings from before its last emptying. A look into the index for each reading: the planner
-- knows nothing of a batch's own table, and would read all states for a join.
UPDATE incoming_reading AS i SET counts = false
WHERE happened_at <= (SELECT last_emptied_at FROM container_state AS state
                      WHERE state.city_id = i.city_id AND state.container_id = i.container_id)

-- name: add_to_states
-- Each container once, in the order in which every writer takes them. The sums are taken from an instant in the batch
-- and moved to the container's first reading here, and from there to its epoch: with d days from the one and s days
-- between the two, x = d + s. A container of which something counts that was read before it was emptied is left alone:
-- then fewer rows are changed than there are containers, and the caller looks first.
WITH heard AS (
    SELECT city_id, container_id, max(happened_at) AS last_at, min(happened_at) FILTER (WHERE counts) AS first_at,
           max(fill_ratio) FILTER (WHERE is_last) AS fill_ratio,
           max(battery_ratio) FILTER (WHERE is_last) AS battery_ratio,
           count(d) AS n, sum(d) AS d, sum(y) AS y, sum(d * d) AS dd, sum(d * y) AS dy
    FROM incoming_reading
    CROSS JOIN LATERAL (
        SELECT CASE WHEN counts THEN (date_part('epoch', happened_at) - date_part('epoch', %(instant)s::timestamptz))
                                     / 86400 END AS d,
               CASE WHEN counts THEN fill_ratio::double precision END AS y
    ) AS point
    GROUP BY container_id, city_id
), placed AS (
    SELECT *, date_part('epoch', %(instant)s::timestamptz - first_at) / 86400 AS s FROM heard
)
INSERT INTO container_state AS state
       (city_id, container_id, fill_ratio, fill_at, battery_ratio, fill_epoch, readings, sum_x, sum_y, sum_xx, sum_xy)
SELECT city_id, container_id, fill_ratio, last_at, battery_ratio, first_at,
       n, coalesce(d + n * s, 0), coalesce(y, 0), coalesce(dd + 2 * s * d + n * s * s, 0), coalesce(dy + s * y, 0)
FROM placed ORDER BY container_id, city_id
ON CONFLICT (city_id, container_id) DO UPDATE SET
    fill_ratio = CASE WHEN state.fill_at > excluded.fill_at THEN state.fill_ratio ELSE excluded.fill_ratio END,
    battery_ratio = CASE WHEN state.fill_at > excluded.fill_at THEN state.battery_ratio ELSE excluded.battery_ratio END,
    fill_at = greatest(state.fill_at, excluded.fill_at),
    fill_epoch = coalesce(state.fill_epoch, excluded.fill_epoch),
    (readings, sum_x, sum_y, sum_xx, sum_xy) = (
        SELECT state.readings + excluded.readings,
               state.sum_x + excluded.sum_x + excluded.readings * s,
               state.sum_y + excluded.sum_y,
               state.sum_xx + excluded.sum_xx + 2 * s * excluded.sum_x + excluded.readings * s * s,
               state.sum_xy + excluded.sum_xy + s * excluded.sum_y
        FROM (SELECT coalesce(date_part('epoch', excluded.fill_epoch - state.fill_epoch) / 86400, 0) AS s) AS days
    )
WHERE (excluded.fill_epoch > state.last_emptied_at) IS NOT FALSE -- never emptied, or nothing counts

-- name: touch_hours
-- Which hours (UTC) have new readings: upkeep rolls them up. Rows are only ever added here, so that writers never wait
-- for each other nor for upkeep.
INSERT INTO reading_touched (city_id, hour)
SELECT DISTINCT city_id, date_bin('1 hour', happened_at, '2000-01-01 00:00Z') FROM incoming_reading

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
