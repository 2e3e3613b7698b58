-- Streets that operators closed and reopened. Only added to; the latest word on a street holds.
CREATE TABLE street_said (
    saying_id uuid PRIMARY KEY,
    city_id   text NOT NULL,
    street_id uuid NOT NULL,
    closed    boolean NOT NULL,
    name      text NOT NULL,
    line      jsonb NOT NULL,             -- [[lon, lat], ...] as it was drawn; empty where it opens
    reason    text NOT NULL,
    until     timestamptz,                -- opens by itself; NULL: when somebody opens it
    said_by   text NOT NULL,
    said_at   timestamptz NOT NULL,
    number    bigint GENERATED ALWAYS AS IDENTITY   -- of two words of one instant the later holds
);
CREATE INDEX ON street_said (city_id, street_id, said_at DESC, number DESC);
