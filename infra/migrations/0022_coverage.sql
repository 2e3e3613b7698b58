-- Who is within a walk of a point that is really emptied. Lines and grids are only ever added to; the latest count.

-- The city's coverage at the end of a day, as the ledger computed it.
CREATE TABLE coverage_line (
    city_id        text NOT NULL,
    day            date NOT NULL,
    computation_id uuid NOT NULL,         -- made of what was computed
    computed_at    timestamptz NOT NULL,
    arithmetic     integer NOT NULL,
    document       jsonb NOT NULL,        -- CoverageComputed
    PRIMARY KEY (city_id, day, computation_id)
);
CREATE INDEX ON coverage_line (city_id, day DESC, computed_at DESC);

-- Cells of a population grid, as somebody loaded them.
CREATE TABLE population_grid (
    city_id   text NOT NULL REFERENCES city,
    version   integer NOT NULL CHECK (version >= 1),
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL,
    source    text NOT NULL,              -- whose grid it is, in words
    sha256    text NOT NULL,
    cells     jsonb NOT NULL,             -- [[lon, lat, people], ...], WGS 84
    PRIMARY KEY (city_id, version)
);

CREATE TRIGGER coverage_line_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON coverage_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER population_grid_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON population_grid
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
