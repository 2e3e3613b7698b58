-- Telemetry as hypertables where TimescaleDB can be had; elsewhere the same tables stay plain.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        PERFORM create_hypertable('reading', 'happened_at', chunk_time_interval => interval '1 day');
        PERFORM create_hypertable('position', 'happened_at', chunk_time_interval => interval '1 day');
    END IF;
END $$;
