-- name: next_version
SELECT coalesce(max(version), 0) + 1 AS version FROM registry_version WHERE city_id = %(city)s

-- name: note_changes
-- What the current tables hold otherwise than the latest version: its rows end there, and others begin. A full join is
-- never done row by row, whatever the planner believes of tables that were filled a moment ago.
WITH now AS MATERIALIZED (
    SELECT kind, entry_id, document FROM registry_now WHERE city_id = %(city)s
), latest AS MATERIALIZED (
    SELECT kind, entry_id, document FROM registry_row WHERE city_id = %(city)s AND until_version IS NULL
), changed AS MATERIALIZED (
    SELECT kind, entry_id, now.document, latest.document IS NOT NULL AS was_there
    FROM now FULL JOIN latest USING (kind, entry_id) WHERE now.document IS DISTINCT FROM latest.document
), ended AS (
    UPDATE registry_row AS r SET until_version = %(version)s FROM changed
    WHERE changed.was_there AND r.city_id = %(city)s AND r.kind = changed.kind AND r.entry_id = changed.entry_id
      AND r.until_version IS NULL
), begun AS (
    INSERT INTO registry_row (city_id, kind, entry_id, from_version, document)
    SELECT %(city)s, kind, entry_id, %(version)s, document FROM changed WHERE document IS NOT NULL
)
SELECT count(*) AS rows FROM changed

-- name: add_version
INSERT INTO registry_version (city_id, version, loaded_at, who, sha256, reason)
VALUES (%(city)s, %(version)s, %(loaded_at)s, %(who)s, registry_sha256(%(city)s, %(version)s), %(reason)s)

-- name: find_latest
SELECT max(version) AS version FROM registry_version WHERE city_id = %(city)s

-- name: list_versions
SELECT version, loaded_at, who, sha256, reason FROM registry_version WHERE city_id = %(city)s ORDER BY version

-- name: count_changes
-- Rows of each version and kind that came, became other and went; the lists of their order are no rows of a file.
WITH kept AS (
    SELECT * FROM registry_row WHERE city_id = %(city)s AND kind <> 'file_order'
), step AS (
    SELECT from_version AS version, kind, entry_id, true AS came FROM kept
    UNION ALL
    SELECT until_version, kind, entry_id, false FROM kept WHERE until_version IS NOT NULL
), row_step AS (
    SELECT version, kind, bool_or(came) AS came, bool_or(NOT came) AS went FROM step GROUP BY version, kind, entry_id
)
SELECT version, kind, count(*) FILTER (WHERE came AND NOT went) AS added,
       count(*) FILTER (WHERE came AND went) AS changed, count(*) FILTER (WHERE went AND NOT came) AS removed
FROM row_step GROUP BY version, kind ORDER BY version, kind

-- name: find_fingerprint
-- As it was recorded, and of the rows as they are.
SELECT sha256 AS recorded, registry_sha256(city_id, version) AS found FROM registry_version
WHERE city_id = %(city)s AND version = %(version)s

-- name: list_rows
SELECT kind, entry_id, document::text FROM registry_row
WHERE city_id = %(city)s AND from_version <= %(version)s AND (until_version IS NULL OR until_version > %(version)s)
  AND EXISTS (SELECT FROM registry_version WHERE city_id = %(city)s AND version = %(version)s)
