-- name: list_notes
-- What was left aside of each device's messages, by field; the newest example stands for all.
SELECT kind, device_id, field, sum(messages)::bigint AS messages, max(last_at) AS last_at,
       (array_agg(example ORDER BY last_at DESC, note_id))[1] AS example
FROM device_note WHERE city_id = %(city)s AND last_at >= %(since)s
GROUP BY kind, device_id, field ORDER BY messages DESC, kind, device_id, field LIMIT %(most)s

-- name: list_doors
-- What came in by each door, and the newest that was left aside or rejected there; last the doors that have a key, and by
-- which nothing came.
WITH heard AS (
    SELECT door, sum(messages)::bigint AS messages, sum(left_aside)::bigint AS left_aside,
           sum(rejected)::bigint AS rejected, max(last_at) AS last_at,
           (array_agg(last_device ORDER BY last_at DESC) FILTER (WHERE last_device IS NOT NULL))[1] AS device,
           (array_agg(last_left_aside ORDER BY last_at DESC) FILTER (WHERE last_left_aside IS NOT NULL))[1]
               AS aside_example,
           (array_agg(last_rejected ORDER BY last_at DESC) FILTER (WHERE last_rejected IS NOT NULL))[1]
               AS rejected_example
    FROM door_heard WHERE city_id = %(city)s AND last_at >= %(since)s GROUP BY door
), counters AS (  -- a maker's cloud is asked by a command, and what it says is loaded as receipts
    SELECT count(*) AS messages, max(loaded_at) AS last_at,
           (array_agg(truck_id ORDER BY loaded_at DESC, filled_at DESC))[1] AS device
    FROM fuel_receipt WHERE city_id = %(city)s AND source = 'can' AND loaded_at >= %(since)s
)
SELECT *, NULL::timestamptz AS key_at FROM heard
UNION ALL SELECT 'rfms', messages, 0, 0, last_at, device, NULL, NULL, NULL FROM counters WHERE messages > 0
UNION ALL SELECT door, 0, 0, 0, NULL, NULL, NULL, NULL, made_at FROM door_key
    WHERE city_id = %(city)s AND door NOT IN ('tracker', 'ngsi-ld') AND door NOT IN (SELECT door FROM heard)
ORDER BY key_at NULLS FIRST, door

-- name: list_silent_trackers
-- Trucks whose tracker has a key, and of which nothing came.
SELECT k.device_id FROM door_key k LEFT JOIN truck_state s ON (s.city_id, s.truck_id) = (k.city_id, k.device_id)
WHERE k.city_id = %(city)s AND k.door = 'tracker' AND (s.happened_at IS NULL OR s.happened_at < %(since)s)
ORDER BY k.device_id LIMIT %(most)s

-- name: list_outgoing
SELECT kind, id, host, taken_at, waiting, oldest_at, failures, given_up, last_answer, stopped_at
FROM outgoing_door WHERE city_id = %(city)s ORDER BY kind, made_at, id

-- name: list_alarms
-- What sensors give alarm of, the latest first.
SELECT container_id AS device_id, alarm, count(*) AS messages, max(happened_at) AS last_at
FROM uplink CROSS JOIN unnest(alarms) AS alarm
WHERE city_id = %(city)s AND happened_at >= %(since)s AND alarms <> '{}'
GROUP BY container_id, alarm ORDER BY last_at DESC, container_id, alarm LIMIT %(most)s

-- name: list_sensors_to_visit
-- The worst first: those that tell what is not so, then those that tell nothing, the longest first, then those whose
-- battery is nearly empty.
WITH found AS (
    SELECT n.container_id, n.name, coalesce(z.name, '') AS zone_name, n.fill_ratio, n.fill_at, n.battery_ratio,
           b.fault_since,
           CASE WHEN n.fill_at IS NULL THEN 'never_heard' WHEN n.fill_at < %(silent_since)s THEN 'silent'
                WHEN b.fault IS NOT NULL THEN b.fault ELSE 'battery_low' END AS fault
    FROM container_now n
    LEFT JOIN zone z USING (city_id, zone_id)
    LEFT JOIN container_belief b USING (city_id, container_id)
    WHERE n.city_id = %(city)s AND n.sensor
      AND (n.fill_at IS NULL OR n.fill_at < %(silent_since)s OR b.fault IS NOT NULL
           OR n.battery_ratio < %(battery_low)s)
)
SELECT container_id, name, zone_name, fault, fill_ratio, fill_at, battery_ratio,
       CASE fault WHEN 'silent' THEN fill_at WHEN 'battery_low' THEN NULL ELSE fault_since END AS since,
       (count(*) OVER ())::integer AS total
FROM found
ORDER BY array_position(ARRAY['jumping', 'stuck', 'drifting', 'silent', 'never_heard', 'battery_low'], fault),
         since NULLS LAST, battery_ratio, container_id
LIMIT %(most)s

-- name: list_whole_numbers
-- Sensors that have told nothing but 0 and 1 for days: a share of the volume is seldom either.
SELECT container_id AS device_id, sum(readings)::bigint AS messages, count(*) AS days
FROM reading_day WHERE city_id = %(city)s AND day >= %(since_day)s
GROUP BY container_id
HAVING count(*) >= 3 AND sum(readings) >= 10
   AND bool_and(min_fill_ratio IN (0, 1) AND max_fill_ratio IN (0, 1) AND last_fill_ratio IN (0, 1)
                AND (min_fill_ratio < max_fill_ratio OR mean_fill_ratio IN (0, 1)))
ORDER BY container_id LIMIT %(most)s
