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
