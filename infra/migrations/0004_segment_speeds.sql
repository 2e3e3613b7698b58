-- Speeds learned from positions: passes of a day, by segment (two neighbouring OSM nodes) and band of hours. Kept by day,
-- so that a day that is learned again replaces its own passes, and an old one can go.

CREATE TABLE segment_passes (
    city_id    text NOT NULL,
    profile    text NOT NULL,               -- 'truck', 'tricycle'
    day        date NOT NULL,               -- the city's own
    band       smallint NOT NULL,           -- of services/domain/speeds.py
    from_node  bigint NOT NULL,
    to_node    bigint NOT NULL,
    speeds_kmh real[] NOT NULL,             -- one a pass
    PRIMARY KEY (city_id, profile, band, from_node, to_node, day)
);
CREATE INDEX ON segment_passes (city_id, day);

-- Days whose positions have been matched, also those that had none.
CREATE TABLE speeds_learned_day (
    city_id    text NOT NULL,
    day        date NOT NULL,
    learned_at timestamptz NOT NULL,
    fixes      integer NOT NULL,
    matched    integer NOT NULL,            -- fixes that lie on a known way
    passes     integer NOT NULL,
    PRIMARY KEY (city_id, day)
);
