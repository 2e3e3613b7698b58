-- name: has_timescale
-- On plain PostgreSQL the view is not there, and to name it elsewhere would be an error.
SELECT to_regclass('timescaledb_information.hypertables') IS NOT NULL AS there

-- name: is_hypertable
SELECT EXISTS (SELECT FROM timescaledb_information.hypertables
               WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading') AS there

-- name: read_licence
SELECT current_setting('timescaledb.license', true) AS licence

-- name: list_touched_hours
-- Whole hours of the city's own clock, oldest first. An hour of UTC may lie in two of them (Nepal is 5:45 ahead).
WITH touched AS (
    SELECT DISTINCT city_id, hour FROM reading_touched
), zoned AS (
    SELECT t.city_id, t.hour, coalesce(c.timezone, 'UTC') AS zone FROM touched t LEFT JOIN city c USING (city_id)
), local AS (
    SELECT *, date_trunc('hour', hour, zone) AS from_at,
           date_trunc('hour', hour + interval '59 minutes 59 seconds', zone) + interval '1 hour' AS until
    FROM zoned
)
SELECT city_id AS city, hour, zone, from_at, until FROM local WHERE until <= %(now)s ORDER BY hour, city_id

-- name: take_touched_hour
-- First of the transaction: readings whose mark is not seen here are marked still, and counted the next time.
DELETE FROM reading_touched WHERE city_id = %(city)s AND hour = %(hour)s

-- name: roll_up_hour
-- The hour whole, whatever came late. Readings never change, so a container with no more of them than last time has
-- nothing to tell; one with fewer has had some dropped since, and its row of old stays.
MERGE INTO reading_hour AS rolled USING (
    SELECT city_id, date_trunc('hour', happened_at, %(zone)s) AS started_at, container_id, count(*) AS readings,
           min(fill_ratio) AS min_fill_ratio, max(fill_ratio) AS max_fill_ratio,
           avg(fill_ratio::double precision) AS mean_fill_ratio,
           (array_agg(fill_ratio ORDER BY happened_at DESC))[1] AS last_fill_ratio,
           min(battery_ratio) AS min_battery_ratio
    FROM reading WHERE city_id = %(city)s AND happened_at >= %(from_at)s AND happened_at < %(until)s
    GROUP BY container_id, started_at, city_id
) AS hour
ON rolled.container_id = hour.container_id AND rolled.started_at = hour.started_at AND rolled.city_id = %(city)s
   AND rolled.started_at >= %(from_at)s AND rolled.started_at < %(until)s  -- a range of the index, not all hours
WHEN MATCHED AND rolled.readings < hour.readings THEN UPDATE SET
    readings = hour.readings, min_fill_ratio = hour.min_fill_ratio, max_fill_ratio = hour.max_fill_ratio,
    mean_fill_ratio = hour.mean_fill_ratio, last_fill_ratio = hour.last_fill_ratio,
    min_battery_ratio = hour.min_battery_ratio
WHEN NOT MATCHED THEN
    INSERT (city_id, started_at, container_id, readings, min_fill_ratio, max_fill_ratio, mean_fill_ratio,
            last_fill_ratio, min_battery_ratio)
    VALUES (hour.city_id, hour.started_at, hour.container_id, hour.readings, hour.min_fill_ratio, hour.max_fill_ratio,
            hour.mean_fill_ratio, hour.last_fill_ratio, hour.min_battery_ratio)

-- name: touch_days
INSERT INTO reading_hour_touched (city_id, day)
SELECT DISTINCT %(city)s, (at AT TIME ZONE %(zone)s)::date
FROM generate_series(%(from_at)s::timestamptz, %(until)s::timestamptz - interval '1 hour', interval '1 hour') AS at

-- name: list_touched_days
SELECT DISTINCT t.city_id AS city, t.day, coalesce(c.timezone, 'UTC') AS zone
FROM reading_hour_touched t LEFT JOIN city c USING (city_id)
WHERE (t.day + 1)::timestamp AT TIME ZONE coalesce(c.timezone, 'UTC') <= %(now)s
ORDER BY t.day, t.city_id

-- name: take_touched_day
DELETE FROM reading_hour_touched WHERE city_id = %(city)s AND day = %(day)s

-- name: roll_up_day
-- The hours that begin in the city's own day.
MERGE INTO reading_day AS rolled USING (
    SELECT city_id, container_id, sum(readings) AS readings,
           min(min_fill_ratio) AS min_fill_ratio, max(max_fill_ratio) AS max_fill_ratio,
           sum(mean_fill_ratio * readings) / sum(readings) AS mean_fill_ratio,
           (array_agg(last_fill_ratio ORDER BY started_at DESC))[1] AS last_fill_ratio,
           min(min_battery_ratio) AS min_battery_ratio
    FROM reading_hour
    WHERE city_id = %(city)s AND started_at >= %(day)s::date::timestamp AT TIME ZONE %(zone)s
      AND started_at < (%(day)s::date + 1)::timestamp AT TIME ZONE %(zone)s
    GROUP BY container_id, city_id
) AS day
ON rolled.container_id = day.container_id AND rolled.city_id = %(city)s AND rolled.day = %(day)s
WHEN MATCHED AND rolled.readings < day.readings THEN UPDATE SET
    readings = day.readings, min_fill_ratio = day.min_fill_ratio, max_fill_ratio = day.max_fill_ratio,
    mean_fill_ratio = day.mean_fill_ratio, last_fill_ratio = day.last_fill_ratio,
    min_battery_ratio = day.min_battery_ratio
WHEN NOT MATCHED THEN
    INSERT (city_id, day, container_id, readings, min_fill_ratio, max_fill_ratio, mean_fill_ratio, last_fill_ratio,
            min_battery_ratio)
    VALUES (day.city_id, %(day)s, day.container_id, day.readings, day.min_fill_ratio, day.max_fill_ratio,
            day.mean_fill_ratio, day.last_fill_ratio, day.min_battery_ratio)

-- name: list_old_chunks
-- Those that lie whole before an instant, oldest first.
SELECT range_start, range_end FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = %(relation)s AND range_end <= %(before)s
ORDER BY range_end

-- name: be_impatient
SET LOCAL lock_timeout = '2s'

-- name: hold_readings
-- Waits for the batches under way and holds back the next, for as long as it takes to drop one chunk.
LOCK TABLE ONLY reading IN SHARE MODE

-- name: are_readings_needed
-- Of hours that are to be rolled up yet. They are UTC's; the city's own, which begin up to an hour before and end up to
-- two hours after, are rolled up whole.
SELECT EXISTS (SELECT FROM reading_touched
               WHERE hour > %(from)s::timestamptz - interval '2 hours'
                 AND hour < %(until)s::timestamptz + interval '1 hour') AS needed

-- name: hold_positions
LOCK TABLE ONLY position IN SHARE MODE

-- name: are_positions_needed
-- Of days that the ledger has not counted; the city's own day may begin and end a day from UTC's.
SELECT EXISTS (SELECT FROM ledger_touched
               WHERE day >= (%(from)s::timestamptz AT TIME ZONE 'UTC')::date - 1
                 AND day <= (%(until)s::timestamptz AT TIME ZONE 'UTC')::date + 1) AS needed

-- name: drop_chunk
-- By a function of the owner's: the writer owns nothing.
SELECT drop_chunks_between(%(relation)s, %(from)s::timestamptz, %(until)s::timestamptz) AS dropped

-- name: find_horizon
SELECT until_at FROM evidence_horizon

-- name: delete_readings
-- A reading and its mark become visible together, so one statement sees both or neither.
DELETE FROM reading WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM reading r
    WHERE happened_at < %(before)s
      AND NOT EXISTS (SELECT FROM reading_touched t WHERE t.hour < %(before)s)
    ORDER BY happened_at LIMIT %(rows)s))

-- name: delete_positions
-- But of days that the ledger has not counted. A position and its day's mark become visible together.
DELETE FROM position WHERE ctid = ANY (ARRAY(
    SELECT p.ctid FROM position p
    WHERE happened_at < %(before)s
      AND NOT EXISTS (SELECT FROM ledger_touched t JOIN city c USING (city_id)
                      WHERE t.city_id = p.city_id AND p.happened_at >= t.day::timestamp AT TIME ZONE c.timezone
                        AND p.happened_at < (t.day + 1)::timestamp AT TIME ZONE c.timezone)
    ORDER BY happened_at LIMIT %(rows)s))

-- name: list_kept_days
-- Days before an instant whose positions are here although the ledger has not counted them.
SELECT DISTINCT t.city_id AS city, t.day FROM ledger_touched t JOIN city c USING (city_id)
WHERE (t.day + 1)::timestamp AT TIME ZONE c.timezone <= %(before)s
  AND EXISTS (SELECT FROM position p WHERE p.city_id = t.city_id
                AND p.happened_at >= t.day::timestamp AT TIME ZONE c.timezone
                AND p.happened_at < (t.day + 1)::timestamp AT TIME ZONE c.timezone AND p.happened_at < %(before)s)
ORDER BY t.city_id, t.day

-- name: find_chunk_days
-- Days that the next chunks of readings span, and those that they should, by the size of the latest that is over.
WITH latest AS (
    SELECT pg_total_relation_size(format('%%I.%%I', chunk_schema, chunk_name)::regclass)
               / (date_part('epoch', range_end - range_start) / 86400) AS bytes_per_day
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading' AND range_end <= %(now)s
      AND NOT is_compressed
    ORDER BY range_end DESC LIMIT 1
)
SELECT round(date_part('epoch', time_interval) / 86400)::integer AS are,
       least(%(longest)s, greatest(1, floor(%(bytes)s / bytes_per_day)))::integer AS should_be
FROM latest, timescaledb_information.dimensions
WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading'

-- name: set_chunk_days
SELECT set_days_of_reading_chunks(%(days)s)

-- name: is_compressed
SELECT compression_enabled AS enabled FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema() AND hypertable_name = %(relation)s

-- name: allow_compression
SELECT allow_compression_of_readings()

-- name: list_uncompressed_chunks
SELECT format('%%I.%%I', chunk_schema, chunk_name) AS chunk FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading' AND NOT is_compressed
  AND range_end <= %(before)s
ORDER BY range_end

-- name: compress_chunk
SELECT compress_reading_chunk(%(chunk)s)
