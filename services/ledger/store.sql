-- name: list_changed_days
-- Recent days with a dispatch whose line is missing, or counts other events than are there. What is counted tells,
-- not the clock: late events belong to their day too.
WITH recent AS (
    SELECT d.city_id, d.day, d.plan_id,
           d.day::timestamp AT TIME ZONE c.timezone AS from_at, (d.day + 1)::timestamp AT TIME ZONE c.timezone AS until
    FROM dispatch_in_force d JOIN city c USING (city_id)
    WHERE d.day >= (SELECT max(day) FROM dispatch newest WHERE newest.city_id = d.city_id) - 10
)
SELECT r.city_id, r.day
FROM recent r
LEFT JOIN savings_day line USING (city_id, day)
CROSS JOIN LATERAL (
    SELECT count(*) AS confirmations FROM confirmation c
    WHERE c.city_id = r.city_id AND c.happened_at >= r.from_at AND c.happened_at < r.until
) AS said
CROSS JOIN LATERAL (
    SELECT max(fix.happened_at) AS latest_at
    FROM truck t
    CROSS JOIN LATERAL (
        SELECT p.happened_at FROM position p
        WHERE p.city_id = t.city_id AND p.truck_id = t.truck_id
          AND p.happened_at >= r.from_at AND p.happened_at < r.until
          -- Known before the first truck is asked about: chunks of older positions are not opened.
          AND p.happened_at >= (SELECT min(from_at) FROM recent)
        ORDER BY p.happened_at DESC LIMIT 1
    ) AS fix
    WHERE t.city_id = r.city_id
) AS driven
WHERE line.document IS NULL
   OR line.document ->> 'plan_id' IS DISTINCT FROM r.plan_id::text
   OR (line.document ->> 'confirmations')::int <> said.confirmations
   OR (line.document ->> 'latest_fix_at')::timestamptz IS DISTINCT FROM driven.latest_at
ORDER BY r.day, r.city_id

-- name: find_plan_in_force
SELECT p.document FROM dispatch_in_force d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.day = %(day)s

-- name: list_confirmations
SELECT truck_id AS truck, kind, place, outcome, happened_at FROM confirmation
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
ORDER BY happened_at, confirmation_id

-- name: list_fixes
SELECT truck_id, happened_at, lon, lat FROM position
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
ORDER BY truck_id, happened_at

-- name: count_emptyings
SELECT container_id, count(*) AS times FROM emptying
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
GROUP BY container_id
