-- What retention needs of TimescaleDB and what that grants to a hypertable's owner alone. The writer, which owns nothing,
-- asks for it through these; they touch the tables of retention and no others. Where TimescaleDB is not, nobody calls them.

CREATE FUNCTION drop_chunks_between(of_table text, from_at timestamptz, until_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF of_table NOT IN ('reading', 'position') THEN
        RAISE EXCEPTION 'chunks are dropped of reading and position, not of %', of_table
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT count(*) FROM drop_chunks(of_table::regclass, newer_than => from_at, older_than => until_at));
END $$;

CREATE FUNCTION set_days_of_reading_chunks(days integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_chunk_time_interval('reading', make_interval(days => days));
END $$;

CREATE FUNCTION allow_compression_of_readings() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'city_id, container_id',
                             timescaledb.compress_orderby = 'happened_at');
END $$;

CREATE FUNCTION compress_reading_chunk(chunk text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM timescaledb_information.chunks
                   WHERE hypertable_schema = 'public' AND hypertable_name = 'reading'
                     AND format('%I.%I', chunk_schema, chunk_name) = chunk) THEN
        RAISE EXCEPTION '% is no chunk of reading', chunk USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM compress_chunk(chunk::regclass);
END $$;

REVOKE EXECUTE ON FUNCTION drop_chunks_between(text, timestamptz, timestamptz), set_days_of_reading_chunks(integer),
    allow_compression_of_readings(), compress_reading_chunk(text) FROM PUBLIC;
