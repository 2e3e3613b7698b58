-- name: make_incoming_readings
CREATE TEMP TABLE IF NOT EXISTS incoming_reading (LIKE reading) ON COMMIT DELETE ROWS

-- name: copy_readings
COPY incoming_reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
FROM STDIN

-- name: insert_readings
-- Only readings that are new count for the state: the same message may come twice, late, or out of order.
WITH fresh AS (
    INSERT INTO reading (city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c)
    SELECT DISTINCT ON (city_id, container_id, happened_at)
           city_id, container_id, happened_at, received_at, fill_ratio, battery_ratio, temperature_c
    FROM incoming_reading
    ORDER BY city_id, container_id, happened_at, received_at
    ON CONFLICT DO NOTHING
    RETURNING city_id, container_id, happened_at, fill_ratio, battery_ratio
), since_emptied AS (
    SELECT f.*, s.last_emptied_at,
           coalesce(s.fill_epoch, s.last_emptied_at, min(f.happened_at) OVER w) AS fill_epoch,
           row_number() OVER (w ORDER BY f.happened_at DESC) AS newest_first
    FROM fresh f LEFT JOIN container_state s USING (city_id, container_id)
    WINDOW w AS (PARTITION BY f.city_id, f.container_id)
), counted AS (
    SELECT *, extract(epoch FROM happened_at - fill_epoch) / 86400 AS x,
           (last_emptied_at IS NULL OR happened_at > last_emptied_at) AS counts
    FROM since_emptied
)
INSERT INTO container_state AS state
       (city_id, container_id, fill_ratio, fill_at, battery_ratio, fill_epoch, readings, sum_x, sum_y, sum_xx, sum_xy)
SELECT city_id, container_id,
       max(fill_ratio) FILTER (WHERE newest_first = 1), max(happened_at),
       max(battery_ratio) FILTER (WHERE newest_first = 1), min(fill_epoch),
       count(*) FILTER (WHERE counts),
       coalesce(sum(x) FILTER (WHERE counts), 0), coalesce(sum(fill_ratio) FILTER (WHERE counts), 0),
       coalesce(sum(x * x) FILTER (WHERE counts), 0), coalesce(sum(x * fill_ratio) FILTER (WHERE counts), 0)
FROM counted GROUP BY city_id, container_id
ON CONFLICT (city_id, container_id) DO UPDATE SET
    fill_ratio = CASE WHEN state.fill_at IS NULL OR excluded.fill_at > state.fill_at
                      THEN excluded.fill_ratio ELSE state.fill_ratio END,
    battery_ratio = CASE WHEN state.fill_at IS NULL OR excluded.fill_at > state.fill_at
                         THEN excluded.battery_ratio ELSE state.battery_ratio END,
    fill_at = greatest(state.fill_at, excluded.fill_at),
    fill_epoch = coalesce(state.fill_epoch, excluded.fill_epoch),
    readings = state.readings + excluded.readings,
    sum_x = state.sum_x + excluded.sum_x,
    sum_y = state.sum_y + excluded.sum_y,
    sum_xx = state.sum_xx + excluded.sum_xx,
    sum_xy = state.sum_xy + excluded.sum_xy

-- name: make_incoming_positions
CREATE TEMP TABLE IF NOT EXISTS incoming_position (LIKE position) ON COMMIT DELETE ROWS

-- name: copy_positions
COPY incoming_position (city_id, truck_id, happened_at, received_at, lon, lat, speed_kmh, heading_deg, accuracy_m)
FROM STDIN

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

-- name: insert_rejected
INSERT INTO rejected (rejected_id, received_at, reason, detail, mqtt_topic, payload)
VALUES (%(id)s, %(received_at)s, %(reason)s, %(detail)s, %(mqtt_topic)s, %(payload)s)
ON CONFLICT DO NOTHING
