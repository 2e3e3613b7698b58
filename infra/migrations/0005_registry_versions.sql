-- Versions of the registry, and a ledger that is only ever added to.

-- One load that changed something. What it changed is in `registry_row`: rows that begin and end with its number.
CREATE TABLE registry_version (
    city_id   text NOT NULL REFERENCES city,
    version   integer NOT NULL CHECK (version >= 1),
    loaded_at timestamptz NOT NULL,
    who       text NOT NULL,
    sha256    text NOT NULL,              -- registry_sha256 of that version, when it was loaded
    PRIMARY KEY (city_id, version)
);

-- Every row that any version held, once for as long as it stayed the same. Kinds are those of `registry_now`.
CREATE TABLE registry_row (
    city_id       text NOT NULL REFERENCES city,
    kind          text NOT NULL,
    entry_id      text NOT NULL,
    from_version  integer NOT NULL,
    until_version integer,                -- the first version without it; NULL while it is there
    document      jsonb NOT NULL,
    PRIMARY KEY (city_id, kind, entry_id, from_version),
    CHECK (until_version > from_version)
);

-- The registry as the current tables hold it, in the shape in which versions are kept. What is added to the registry
-- in a table of its own has to be added here too; what goes into `registry_entry` is here already.
CREATE VIEW registry_now AS
SELECT city_id, 'city' AS kind, city_id AS entry_id, document FROM city
UNION ALL
SELECT city_id, 'basemap', city_id, basemap FROM city WHERE basemap IS NOT NULL
UNION ALL
SELECT city_id, 'zone', zone_id,
       jsonb_build_object('id', zone_id, 'name', name, 'population', population, 'geometry', geometry)
FROM zone
UNION ALL
SELECT city_id, 'container', container_id, document FROM container WHERE active
UNION ALL
SELECT city_id, 'truck', truck_id, document FROM truck WHERE active
UNION ALL
SELECT city_id, kind, entry_id, document FROM registry_entry
UNION ALL
SELECT city_id, 'file_order', kind, jsonb_agg(entry_id ORDER BY position)
FROM registry_entry WHERE kind <> 'file_order' GROUP BY city_id, kind;

-- Fingerprint of a version: of the lines "kind/id sha256(document)", in the order of their bytes.
CREATE FUNCTION registry_sha256(of_city text, of_version integer) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(
               kind || '/' || entry_id || ' ' || encode(sha256(convert_to(document::text, 'UTF8')), 'hex'),
               E'\n' ORDER BY kind COLLATE "C", entry_id COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM registry_row
    WHERE city_id = of_city AND from_version <= of_version AND (until_version IS NULL OR until_version > of_version)
$$;

-- What is there today becomes the first version of each city, of the load that made it.
INSERT INTO registry_row (city_id, kind, entry_id, from_version, document)
SELECT city_id, kind, entry_id, 1, document FROM registry_now;

INSERT INTO registry_version (city_id, version, loaded_at, who, sha256)
SELECT city_id, 1, loaded_at,
       coalesce((SELECT who FROM audit a WHERE a.city_id = c.city_id AND a.what = 'city folder loaded'
                 ORDER BY happened_at DESC, audit_id DESC LIMIT 1), 'not known'),
       registry_sha256(city_id, 1)
FROM city c;

-- Lines of the ledger. A day that is computed again has a further line; none is changed or taken away.
CREATE TABLE savings_line (
    city_id          text NOT NULL,
    fleet_id         text NOT NULL DEFAULT 'main',
    day              date NOT NULL,
    computation_id   uuid NOT NULL,       -- made of what was computed
    number           integer NOT NULL,    -- place among the lines of the day
    computed_at      timestamptz NOT NULL,
    finished         boolean NOT NULL,    -- the day was over
    arithmetic       integer NOT NULL,
    plan_id          uuid,
    registry_version integer,
    document         jsonb NOT NULL,      -- SavingsComputed
    PRIMARY KEY (city_id, fleet_id, day, computation_id)
);
CREATE INDEX ON savings_line (city_id, fleet_id, day, number DESC, computed_at DESC, computation_id);

INSERT INTO savings_line
SELECT city_id, 'main', day, (line.document ->> 'computation_id')::uuid, 1, computed_at, is_over, 1,
       (line.document ->> 'plan_id')::uuid, NULL,
       line.document || jsonb_build_object('fleet', 'main', 'number', 1, 'reasons', jsonb_build_array('first'),
                                           'finished', is_over, 'arithmetic', 1)
FROM savings_day line LEFT JOIN city c USING (city_id)
CROSS JOIN LATERAL (
    SELECT (line.day + 1)::timestamp AT TIME ZONE coalesce(c.timezone, 'UTC') <= now() AS is_over
) AS at;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lines of % are never changed or taken away: add a further one', TG_TABLE_NAME;
END $$;
CREATE TRIGGER savings_line_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON savings_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Days with events that the ledger has not counted. Whoever stores events adds rows in their transaction, the ledger
-- takes them away when the store holds the line that counts them; positions of a marked day are not dropped.
CREATE TABLE ledger_touched (
    touched_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city_id    text NOT NULL,
    day        date NOT NULL,             -- the city's own
    due_at     timestamptz NOT NULL DEFAULT '-infinity',  -- when to look: at the end of a day whose line was written in it
    registry_version integer              -- somebody asks for the day to be counted with this one
);
CREATE INDEX ON ledger_touched (city_id, day);

-- Of what is here already: days that were sent and have no line, or one so young that more may have come since.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT city_id, day FROM dispatch d
WHERE NOT EXISTS (SELECT FROM savings_day line WHERE line.city_id = d.city_id AND line.day = d.day
                  AND line.computed_at < now() - interval '10 days');

-- The line that counts of each fleet and day: its latest.
DROP TABLE savings_day;
CREATE VIEW savings_day AS
SELECT DISTINCT ON (city_id, fleet_id, day) * FROM savings_line
ORDER BY city_id, fleet_id, day, number DESC, computed_at DESC, computation_id;
