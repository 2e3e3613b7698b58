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

-- name: list_weeks
-- Emptyings by container and week, over the weeks that end with a day; week 0 is the last.
SELECT container_id, ((%(day)s::date - (happened_at AT TIME ZONE %(timezone)s)::date) / 7)::integer AS week,
       count(*) AS times
FROM emptying
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
GROUP BY container_id, week

-- name: find_first_emptying
SELECT min(happened_at) AS at FROM emptying WHERE city_id = %(city)s

-- name: find_grid
SELECT version, cells FROM population_grid WHERE city_id = %(city)s ORDER BY version DESC LIMIT 1

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
