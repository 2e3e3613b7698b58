-- The account of evidence about containers, and what is believed of them by it. Facts are added and never changed; what
-- they mean is learned by services/fill alone, so that a belief can be learned again from them, as of any instant.

-- Nobody adds a reading or changes a state while these are made into the new tables.
LOCK TABLE container_state, reading, confirmation IN SHARE ROW EXCLUSIVE MODE;

-- All evidence that is no sensor's reading. A container's, or (a weight) that of a truck or of a disposal site alone.
CREATE TABLE observation (
    observation_id uuid PRIMARY KEY,          -- its source's own (a confirmation's), so that what comes twice stands once
    city_id        text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('emptied', 'seen', 'weight', 'report')),
    container_id   text,
    truck_id       text,
    site_id        text,
    happened_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    fill_ratio     real,                      -- the level seen: before the emptying, or without one
    weight_kg      double precision,
    reason         text,                      -- a word of the contract: why it was not emptied, what a report is about
    remark         text,                      -- somebody's own words
    said_by        text NOT NULL,             -- a driver's login, a scale
    CHECK (num_nonnulls(container_id, truck_id, site_id) > 0)
);
CREATE INDEX ON observation (city_id, container_id, happened_at);

CREATE FUNCTION refuse_to_change_observations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'observations are only ever added: say what is right by a further one';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON observation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_observations();

-- The account, whole.
CREATE VIEW evidence AS
SELECT city_id, container_id, 'reading' AS kind, happened_at, received_at, fill_ratio, battery_ratio, temperature_c,
       NULL::double precision AS weight_kg, NULL::text AS reason, NULL::text AS remark,
       NULL::text AS truck_id, NULL::text AS site_id, NULL::text AS said_by, NULL::uuid AS observation_id
FROM reading
UNION ALL
SELECT city_id, container_id, kind, happened_at, received_at, fill_ratio, NULL, NULL,
       weight_kg, reason, remark, truck_id, site_id, said_by, observation_id
FROM observation;

-- What the account's evidence has taught of a container, up to the latest that is folded in. The document is the
-- estimator's own affair (services/fill/belief.py); one that another estimator made is learned anew.
CREATE TABLE container_belief (
    city_id      text NOT NULL,
    container_id text NOT NULL,
    estimator    smallint NOT NULL,           -- which made it
    until_at     timestamptz NOT NULL,        -- when the latest evidence in it happened
    known_at     timestamptz NOT NULL,        -- when the last of it was received
    since_kept   integer NOT NULL,            -- pieces of evidence, since a belief was kept
    document     json NOT NULL,
    PRIMARY KEY (city_id, container_id)
) WITH (fillfactor = 70);

-- Earlier beliefs, each with all evidence up to `until_at`: where learning starts again when something comes late, or
-- when an order asks for an instant of the past.
CREATE TABLE kept_belief (
    city_id      text NOT NULL,
    container_id text NOT NULL,
    until_at     timestamptz NOT NULL,
    estimator    smallint NOT NULL,
    known_at     timestamptz NOT NULL,
    document     json NOT NULL,
    PRIMARY KEY (city_id, container_id, until_at)
);

-- Of what happened until then the account is no longer whole: readings are dropped. Beliefs kept at it stand for them.
CREATE TABLE evidence_horizon (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until_at timestamptz NOT NULL
);

-- What was there before goes forward. ---------------------------------------------------------------------------------

INSERT INTO observation (observation_id, city_id, kind, container_id, truck_id, happened_at, received_at, fill_ratio,
                         reason, said_by)
SELECT confirmation_id, city_id, CASE outcome WHEN 'done' THEN 'emptied' ELSE 'seen' END, place, truck_id,
       happened_at, received_at, fill_ratio_seen, reason, driver
FROM confirmation
WHERE kind = 'stop' AND (outcome = 'done' OR fill_ratio_seen IS NOT NULL OR reason = 'not_full');

CREATE TEMP TABLE heard ON COMMIT DROP AS
SELECT city_id, container_id, count(*) FILTER (WHERE kind = 'reading') AS readings, max(received_at) AS received_at
FROM evidence WHERE container_id IS NOT NULL GROUP BY city_id, container_id;

-- The line and the usual rate that were kept in the state, as a belief of estimator 1, which reckons with the same sums.
INSERT INTO container_belief (city_id, container_id, estimator, until_at, known_at, since_kept, document)
SELECT s.city_id, s.container_id, 1, greatest(s.fill_at, s.last_emptied_at),
       coalesce(h.received_at, s.fill_at, s.last_emptied_at), 0,
       json_build_object(
           'emptied_at', to_char(s.last_emptied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           'epoch_at', to_char(s.fill_epoch AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           'readings', s.readings, 'sum_x', s.sum_x, 'sum_y', s.sum_y, 'sum_xx', s.sum_xx, 'sum_xy', s.sum_xy,
           'usual_fill_per_day', s.usual_fill_per_day)
FROM container_state s LEFT JOIN heard h USING (city_id, container_id)
WHERE coalesce(s.fill_at, s.last_emptied_at) IS NOT NULL;

INSERT INTO kept_belief (city_id, container_id, until_at, estimator, known_at, document)
SELECT city_id, container_id, until_at, estimator, known_at, document FROM container_belief;

-- Where readings have been dropped already, their rollups are older than the oldest that is left.
INSERT INTO evidence_horizon (until_at)
SELECT oldest.happened_at - interval '1 microsecond'
FROM (SELECT min(happened_at) AS happened_at FROM reading) AS oldest
WHERE EXISTS (SELECT FROM reading_hour WHERE started_at + interval '1 hour' <= oldest.happened_at);

-- The state keeps what is simply the latest, and from where on there is news that no belief has in it yet.
UPDATE container_state s SET readings = coalesce(h.readings, 0)
FROM (SELECT city_id, container_id FROM container_state) AS own LEFT JOIN heard h USING (city_id, container_id)
WHERE s.city_id = own.city_id AND s.container_id = own.container_id;
ALTER TABLE container_state
    ADD COLUMN news_from timestamptz,         -- when the earliest of it happened; NULL: none
    ADD COLUMN folding_from timestamptz,      -- the same of news that is being folded in, and not done yet
    DROP COLUMN fill_epoch, DROP COLUMN sum_x, DROP COLUMN sum_y, DROP COLUMN sum_xx, DROP COLUMN sum_xy,
    DROP COLUMN usual_fill_per_day;
COMMENT ON COLUMN container_state.readings IS 'all that were ever stored';

-- Whoever adds an observation, its container's state is told. Of readings the writer tells it, by the batch.
CREATE FUNCTION tell_state_of_observations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO container_state AS state (city_id, container_id, last_emptied_at, news_from)
    SELECT city_id, container_id, max(happened_at) FILTER (WHERE kind = 'emptied'), min(happened_at)
    FROM fresh WHERE container_id IS NOT NULL
    GROUP BY container_id, city_id ORDER BY container_id, city_id   -- as every writer takes them
    ON CONFLICT (city_id, container_id) DO UPDATE SET
        last_emptied_at = greatest(state.last_emptied_at, excluded.last_emptied_at),
        news_from = least(state.news_from, excluded.news_from);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_state AFTER INSERT ON observation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION tell_state_of_observations();
