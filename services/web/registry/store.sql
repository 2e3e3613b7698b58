-- name: count_kinds
SELECT kind, count(*)::integer AS count FROM registry_now
WHERE city_id = %(city)s AND kind NOT IN ('city', 'basemap', 'file_order', 'baseline_stop') GROUP BY kind

-- name: count_containers
SELECT count(*)::integer AS count FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active AND (%(zone)s::text IS NULL OR c.zone_id = %(zone)s)
  AND (%(west)s::float8 IS NULL OR c.lon BETWEEN %(west)s AND %(east)s AND c.lat BETWEEN %(south)s AND %(north)s)
  AND (c.container_id || ' ' || c.name || ' ' || z.name) ILIKE ALL (%(patterns)s::text[])

-- name: list_containers
SELECT c.container_id AS id, c.name, c.lon, c.lat,
       jsonb_build_object('zone', z.name, 'kind', c.kind_id, 'capacity_l', c.capacity_l, 'sensor', c.sensor,
                          'stream', coalesce(c.document ->> 'stream', 'residual')) AS document
FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active AND (%(zone)s::text IS NULL OR c.zone_id = %(zone)s)
  AND (%(west)s::float8 IS NULL OR c.lon BETWEEN %(west)s AND %(east)s AND c.lat BETWEEN %(south)s AND %(north)s)
  AND (c.container_id || ' ' || c.name || ' ' || z.name) ILIKE ALL (%(patterns)s::text[])
ORDER BY c.container_id LIMIT %(limit)s OFFSET %(offset)s

-- name: rank_containers
SELECT count(*)::integer AS rank FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active AND (%(zone)s::text IS NULL OR c.zone_id = %(zone)s)
  AND (%(west)s::float8 IS NULL OR c.lon BETWEEN %(west)s AND %(east)s AND c.lat BETWEEN %(south)s AND %(north)s)
  AND (c.container_id || ' ' || c.name || ' ' || z.name) ILIKE ALL (%(patterns)s::text[])
  AND c.container_id < %(id)s

-- name: mark_containers
-- Each by itself where they are few, else by cells of a grid over all of them.
WITH found AS MATERIALIZED (
    SELECT c.container_id AS id, c.name, c.lon, c.lat FROM container c JOIN zone z USING (city_id, zone_id)
    WHERE c.city_id = %(city)s AND c.active AND (%(zone)s::text IS NULL OR c.zone_id = %(zone)s)
      AND (%(west)s::float8 IS NULL OR c.lon BETWEEN %(west)s AND %(east)s AND c.lat BETWEEN %(south)s AND %(north)s)
      AND (c.container_id || ' ' || c.name || ' ' || z.name) ILIKE ALL (%(patterns)s::text[])
), extent AS (
    SELECT min(lon) AS west, max(lon) + 1e-9 AS east, min(lat) AS south, max(lat) + 1e-9 AS north, count(*) AS all_of
    FROM found
)
SELECT count(*)::integer AS rows, min(id) AS id, min(name) AS name, avg(lon) AS lon, avg(lat) AS lat,
       min(lon) AS west, min(lat) AS south, max(lon) AS east, max(lat) AS north
FROM found, extent
GROUP BY CASE WHEN all_of <= %(most)s THEN id ELSE
    width_bucket(lon, extent.west, extent.east, %(across)s) || '/' ||
    width_bucket(lat, extent.south, extent.north, %(down)s) END
ORDER BY 1, 2

-- name: list_rows
SELECT entry_id AS id, coalesce(document ->> 'name', entry_id) AS name, document - 'geometry' AS document,
       (document ->> 'lon')::float8 AS lon, (document ->> 'lat')::float8 AS lat
FROM registry_now
WHERE city_id = %(city)s AND kind = %(kind)s
  AND (entry_id || ' ' || coalesce(document ->> 'name', '')) ILIKE ALL (%(patterns)s::text[])
ORDER BY entry_id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_rows
SELECT count(*)::integer AS count FROM registry_now
WHERE city_id = %(city)s AND kind = %(kind)s
  AND (entry_id || ' ' || coalesce(document ->> 'name', '')) ILIKE ALL (%(patterns)s::text[])

-- name: rank_rows
SELECT count(*)::integer AS rank FROM registry_now
WHERE city_id = %(city)s AND kind = %(kind)s AND entry_id < %(id)s
  AND (entry_id || ' ' || coalesce(document ->> 'name', '')) ILIKE ALL (%(patterns)s::text[])

-- name: mark_rows
SELECT 1 AS rows, entry_id AS id, coalesce(document ->> 'name', entry_id) AS name,
       (document ->> 'lon')::float8 AS lon, (document ->> 'lat')::float8 AS lat,
       (document ->> 'lon')::float8 AS west, (document ->> 'lat')::float8 AS south,
       (document ->> 'lon')::float8 AS east, (document ->> 'lat')::float8 AS north
FROM registry_now
WHERE city_id = %(city)s AND kind = %(kind)s AND document ? 'lon'
  AND (entry_id || ' ' || coalesce(document ->> 'name', '')) ILIKE ALL (%(patterns)s::text[])
ORDER BY entry_id LIMIT %(most)s

-- name: find_row
SELECT document FROM registry_now WHERE city_id = %(city)s AND kind = %(kind)s AND entry_id = %(id)s

-- name: find_row_at
SELECT document FROM registry_row
WHERE city_id = %(city)s AND kind = %(kind)s AND entry_id = %(id)s AND from_version <= %(version)s
  AND (until_version IS NULL OR until_version > %(version)s)

-- name: list_choices
SELECT entry_id AS id, coalesce(document ->> 'name', entry_id) AS name FROM registry_now
WHERE city_id = %(city)s AND kind = %(kind)s ORDER BY entry_id LIMIT 2000

-- name: find_change
SELECT outcome, version, detail, parts,
       (SELECT count(*)::integer FROM registry_change_part p WHERE p.change_id = c.change_id) AS arrived
FROM registry_change c WHERE change_id = %(change)s AND city_id = %(city)s
