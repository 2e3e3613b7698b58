-- name: list_coverage_due
-- Cities whose latest finished day has no coverage, or has lines or a grid that came after it; and young lines, of any
-- day, that were computed while a word which had been received was still on its way into the store.
SELECT latest.city_id, latest.day, latest.computed_at, coalesce(grid.version, 0) AS grid_version, 0 AS words
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
UNION ALL
SELECT young.city_id, young.day, young.computed_at, coalesce(young.grid_version, 0), heard.words
FROM (
    SELECT DISTINCT ON (city_id, day) city_id, day, computed_at, (document->>'words_heard')::bigint AS words_heard,
        (document->>'grid_version')::integer AS grid_version
    FROM coverage_line WHERE computed_at > %(now)s - interval '2 days' ORDER BY city_id, day, computed_at DESC
) AS young
JOIN city USING (city_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS words FROM confirmation w
    WHERE w.city_id = young.city_id AND kind = 'stop' AND outcome = 'done'
      AND received_at > young.computed_at - interval '24 hours' AND received_at <= young.computed_at
      AND happened_at < (young.day + 1)::timestamp AT TIME ZONE city.timezone
) AS heard
WHERE heard.words <> young.words_heard
ORDER BY city_id, day

-- name: count_words_heard
-- Emptyings until the end of a day whose word was received in the day before an instant: as young lines are looked after.
SELECT count(*) AS words FROM confirmation w JOIN city USING (city_id)
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done'
  AND received_at > %(known_at)s - interval '24 hours' AND received_at <= %(known_at)s
  AND happened_at < (%(day)s::date + 1)::timestamp AT TIME ZONE city.timezone

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
  AND received_at <= %(known_at)s

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
