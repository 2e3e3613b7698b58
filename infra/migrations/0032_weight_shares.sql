-- What a truck's load that was weighed at a disposal site tells of the containers it is from: each one's share, as a level.
-- Not part of the account of evidence: reckoned from it (services/fill/weighed.py), again whenever a trip is told
-- differently. Every version stays with the instants between which it was what was known.
CREATE TABLE weight_share (
    city_id      text NOT NULL,
    container_id text NOT NULL,
    emptied_at   timestamptz NOT NULL,        -- of the emptying that it is of
    known_at     timestamptz NOT NULL,        -- when the last of what it is reckoned from was received
    replaced_at  timestamptz,                 -- the next version's known_at; NULL: it stands
    weighing_id  uuid,                        -- the observation that was shared; NULL with the rest: none any more
    weight_kg    double precision,
    fill_ratio   real,
    expected_ratio real,                      -- the level that was believed
    part         real,                        -- of the load
    PRIMARY KEY (city_id, container_id, emptied_at, known_at)
);

-- From when to when a truck emptied something, was weighed or tipped, and nobody has shared its loads since.
CREATE TABLE weight_touched (
    city_id    text NOT NULL,
    truck_id   text NOT NULL,
    from_at    timestamptz NOT NULL,
    until_at   timestamptz NOT NULL
);
CREATE INDEX ON weight_touched (city_id, truck_id);

CREATE INDEX observation_of_trucks ON observation (city_id, truck_id, happened_at) WHERE kind IN ('emptied', 'weight');
CREATE INDEX confirmation_of_tips ON confirmation (city_id, truck_id, happened_at) WHERE kind = 'disposal';

CREATE FUNCTION touch_weights_by_observations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO weight_touched (city_id, truck_id, from_at, until_at)
    SELECT city_id, truck_id, min(happened_at), max(happened_at) FROM fresh
    WHERE truck_id IS NOT NULL AND (kind = 'emptied' OR (kind = 'weight' AND site_id IS NOT NULL))
    GROUP BY city_id, truck_id;
    RETURN NULL;
END $$;
CREATE TRIGGER touch_weights AFTER INSERT ON observation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION touch_weights_by_observations();

CREATE FUNCTION touch_weights_by_tips() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO weight_touched (city_id, truck_id, from_at, until_at)
    SELECT city_id, truck_id, min(happened_at), max(happened_at) FROM fresh
    WHERE kind = 'disposal' AND outcome = 'done'
    GROUP BY city_id, truck_id;
    RETURN NULL;
END $$;
CREATE TRIGGER touch_weights AFTER INSERT ON confirmation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION touch_weights_by_tips();

-- What was weighed before this is shared once.
INSERT INTO weight_touched (city_id, truck_id, from_at, until_at)
SELECT city_id, truck_id, min(happened_at), max(happened_at) FROM observation
WHERE kind = 'weight' AND site_id IS NOT NULL AND truck_id IS NOT NULL
GROUP BY city_id, truck_id, date_trunc('week', happened_at);
