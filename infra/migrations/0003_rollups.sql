-- Hours and days of each container, kept by upkeep from the readings; they stay when the readings are dropped.

CREATE TABLE reading_hour (
    city_id           text NOT NULL,
    started_at        timestamptz NOT NULL,   -- an hour of the city's own clock
    container_id      text NOT NULL,
    readings          integer NOT NULL,
    min_fill_ratio    real NOT NULL,
    max_fill_ratio    real NOT NULL,
    mean_fill_ratio   double precision NOT NULL,
    last_fill_ratio   real NOT NULL,
    min_battery_ratio real,
    -- By time before container: an hour is written in one place, and a day is computed from neighbours.
    PRIMARY KEY (city_id, started_at, container_id)
);

CREATE TABLE reading_day (
    city_id           text NOT NULL,
    day               date NOT NULL,          -- the city's own
    container_id      text NOT NULL,
    readings          integer NOT NULL,
    min_fill_ratio    real NOT NULL,
    max_fill_ratio    real NOT NULL,
    mean_fill_ratio   double precision NOT NULL,
    last_fill_ratio   real NOT NULL,
    min_battery_ratio real,
    PRIMARY KEY (city_id, day, container_id)
);

-- What has changed since it was last rolled up. The writer adds rows in the transaction of the readings, upkeep takes
-- them away in the transaction of the rollup; nobody updates them, so nobody waits. No key: a row more is harmless.
CREATE TABLE reading_touched (
    city_id text NOT NULL,
    hour    timestamptz NOT NULL              -- UTC
);

CREATE TABLE reading_hour_touched (
    city_id text NOT NULL,
    day     date NOT NULL
);

INSERT INTO reading_touched (city_id, hour)
SELECT DISTINCT city_id, date_bin('1 hour', happened_at, '2000-01-01 00:00Z') FROM reading;

-- Each batch rewrites many states: room on the page keeps a new version beside the old one, off the index.
ALTER TABLE container_state SET (fillfactor = 70);

-- Asked by no query.
DROP INDEX confirmation_city_id_place_happened_at_idx;

-- Reads of telemetry by time alone: rollups of an hour, tracks of a day, and what is too old. Where time is cut into
-- chunks, which begin and end with time and from which nothing is deleted, block ranges answer for a thousandth of the
-- size; a plain table reuses the room of deleted rows, which would spoil them.
DO $$
DECLARE
    has_chunks boolean := false;
BEGIN
    IF to_regclass('timescaledb_information.hypertables') IS NOT NULL THEN
        has_chunks := EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = 'reading');
    END IF;
    IF has_chunks THEN
        DROP INDEX IF EXISTS reading_happened_at_idx;
        CREATE INDEX reading_happened_at_idx ON reading USING brin (happened_at) WITH (autosummarize = on);
        PERFORM set_chunk_time_interval('reading', interval '7 days');
        PERFORM set_chunk_time_interval('position', interval '7 days');
    ELSE
        CREATE INDEX reading_happened_at_idx ON reading (happened_at);
        CREATE INDEX position_happened_at_idx ON position (happened_at);
    END IF;
END $$;
