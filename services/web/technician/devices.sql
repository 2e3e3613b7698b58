-- name: list_notes
-- What was left aside of each device's messages, by field; the newest example stands for all.
SELECT kind, device_id, field, sum(messages)::bigint AS messages, max(last_at) AS last_at,
       (array_agg(example ORDER BY last_at DESC, note_id))[1] AS example
FROM device_note WHERE city_id = %(city)s AND last_at >= %(since)s
GROUP BY kind, device_id, field ORDER BY messages DESC, kind, device_id, field LIMIT %(most)s

-- name: list_whole_numbers
-- Sensors that have told nothing but 0 and 1 for days: a share of the volume is seldom either.
SELECT container_id AS device_id, sum(readings)::bigint AS messages, count(*) AS days
FROM reading_day WHERE city_id = %(city)s AND day >= %(since_day)s
GROUP BY container_id
HAVING count(*) >= 3 AND sum(readings) >= 10
   AND bool_and(min_fill_ratio IN (0, 1) AND max_fill_ratio IN (0, 1) AND last_fill_ratio IN (0, 1)
                AND (min_fill_ratio < max_fill_ratio OR mean_fill_ratio IN (0, 1)))
ORDER BY container_id LIMIT %(most)s
