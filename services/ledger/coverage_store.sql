-- name: list_coverage_due
-- Cities whose latest finished day has no coverage, or has lines or a grid that came after it.
SELECT latest.city_id, latest.day, latest.computed_at, coalesce(grid.version, 0) AS grid_version
FROM (
    SELECT DISTINCT ON (city_id) city_id, day, max(computed_at) OVER (PARTITION BY city_id, day) AS computed_at
    FROM savings_line WHERE finished ORDER BY city_id, day DESC
) AS latest
LEFT JOIN LATERAL (
    SELECT version, loaded_at FROM population_grid g WHERE g.city_id = latest.city_id ORDER BY version DESC LIMIT 1
) AS grid ON true
LEFT JOIN LATERAL (
    SELECT computed_at, arithmetic FROM coverage_line c WHERE c.city_id = latest.city_id AND c.day = latest.day
    ORDER BY computed_at DESC LIMIT 1
) AS line ON true
WHERE line.computed_at IS NULL OR line.arithmetic <> %(arithmetic)s OR line.computed_at < latest.computed_at
   OR line.computed_at < grid.loaded_at
ORDER BY latest.city_id

-- name: list_emptyings
-- By container, the days of its emptyings, counted back from a day: those that were known at an instant.
SELECT place AS container_id, array_agg(%(last)s::date - (happened_at AT TIME ZONE %(timezone)s)::date) AS days_before
FROM confirmation
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done' AND happened_at >= %(from)s AND happened_at < %(until)s
  AND received_at <= %(known_at)s
GROUP BY place

-- name: list_emptyings_later
-- Likewise those that were not, each by itself.
SELECT place AS container_id, %(last)s::date - (happened_at AT TIME ZONE %(timezone)s)::date AS days_before, received_at
FROM confirmation
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done' AND happened_at >= %(from)s AND happened_at < %(until)s
  AND received_at > %(known_at)s

-- name: find_first_emptying
SELECT min(happened_at) AS at FROM confirmation
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done'
  AND (%(known_at)s::timestamptz IS NULL OR received_at <= %(known_at)s)

-- name: find_grid
-- The latest, or a version.
SELECT version, cells FROM population_grid
WHERE city_id = %(city)s AND (%(version)s::integer IS NULL OR version = %(version)s) ORDER BY version DESC LIMIT 1

-- name: list_published
-- The line that counts of each day.
SELECT DISTINCT ON (day) document::text AS document FROM coverage_line
WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s ORDER BY day, computed_at DESC

-- name: find_same_grid
SELECT version FROM population_grid WHERE city_id = %(city)s AND sha256 = %(sha256)s AND source = %(source)s
AND version = (SELECT max(version) FROM population_grid WHERE city_id = %(city)s)

-- name: add_grid
INSERT INTO population_grid (city_id, version, loaded_at, loaded_by, source, sha256, cells)
SELECT %(city)s, coalesce(max(version), 0) + 1, %(now)s, %(who)s, %(source)s, %(sha256)s, %(cells)s
FROM population_grid WHERE city_id = %(city)s
RETURNING version

-- name: add_audit
INSERT INTO audit (city_id, happened_at, who, what, detail)
VALUES (%(city)s, %(now)s, %(who)s, 'population grid loaded', %(detail)s)
