-- What the municipality's pages alone read: days before they are published, and a day's sheet.

-- name: list_months
-- First days of the months in which something was sent or counted, or is planned from today on.
SELECT DISTINCT date_trunc('month', day)::date AS month FROM (
    SELECT day FROM dispatch WHERE city_id = %(city)s
    UNION SELECT day FROM savings_day WHERE city_id = %(city)s
    UNION SELECT day FROM plan WHERE city_id = %(city)s AND day >= %(today)s
) AS days ORDER BY month

-- name: list_planned
-- Of each fleet and day the plan in force; of days to come, where nothing is sent yet, the newest plan. By columns alone:
-- the documents are megabytes.
SELECT DISTINCT ON (p.day, p.fleet_id) p.day, p.fleet_id, p.plan_id, p.circuits, p.stops, p.distance_m, p.fuel_l,
       d.dispatched_at
FROM plan p
LEFT JOIN dispatch_in_force d ON (d.city_id, d.fleet_id, d.day) = (p.city_id, p.fleet_id, p.day)
WHERE p.city_id = %(city)s AND p.day BETWEEN %(first)s AND %(last)s
  AND (d.plan_id = p.plan_id OR (d.plan_id IS NULL AND p.day >= %(today)s))
ORDER BY p.day, p.fleet_id, p.made_at DESC, p.plan_id

-- name: list_lines
-- The line that counts of each fleet and day, finished or not.
SELECT document FROM savings_day WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s
ORDER BY day, fleet_id

-- name: count_trips
SELECT place, count(*) AS trips FROM confirmation
WHERE city_id = %(city)s AND kind = 'disposal' AND outcome = 'done' AND happened_at >= %(since)s AND happened_at < %(until)s
GROUP BY place

-- name: list_circuits
-- Of the plans in force of a day, with what their crews have said, whichever plan of the day had asked. Of a stop
-- reported twice the later word counts; a truck that was too full comes back when a later plan has the stop again.
WITH in_force AS (
    SELECT d.fleet_id, p.plan_id, p.made_at FROM dispatch_in_force d JOIN plan p USING (plan_id)
    WHERE d.city_id = %(city)s AND d.day = %(day)s
), said AS (
    SELECT DISTINCT ON (f.plan_id, c.truck_id, c.place) f.plan_id, c.truck_id, c.place, c.outcome
    FROM in_force f
    JOIN plan asked ON asked.city_id = %(city)s AND asked.day = %(day)s AND asked.fleet_id = f.fleet_id
    JOIN confirmation c ON c.plan_id = asked.plan_id
    WHERE c.kind = 'stop' AND (c.reason IS DISTINCT FROM 'truck_full' OR c.happened_at >= f.made_at)
    ORDER BY f.plan_id, c.truck_id, c.place, c.happened_at DESC, c.confirmation_id
)
SELECT f.fleet_id, c.number, c.truck_id, c.distance_m, c.fuel_l, count(s.*) AS stops,
       count(*) FILTER (WHERE said.outcome = 'done') AS done,
       count(*) FILTER (WHERE said.outcome = 'skipped') AS skipped
FROM in_force f
JOIN circuit c USING (plan_id)
LEFT JOIN stop s ON s.plan_id = c.plan_id AND s.number = c.number AND s.kind = 'stop'
LEFT JOIN said ON said.plan_id = c.plan_id AND said.truck_id = c.truck_id AND said.place = s.place
GROUP BY f.fleet_id, c.plan_id, c.number, c.truck_id, c.distance_m, c.fuel_l
ORDER BY f.fleet_id, c.number

-- name: list_skipped
-- Containers of the day whose last word is that they could not be emptied.
SELECT l.place AS container_id, coalesce(n.name, l.place) AS name, coalesce(z.name, '') AS zone_name, l.truck_id, l.reason,
       l.happened_at
FROM (
    SELECT DISTINCT ON (c.place) c.place, c.truck_id, c.outcome, c.reason, c.happened_at
    FROM plan p JOIN confirmation c USING (plan_id)
    WHERE p.city_id = %(city)s AND p.day = %(day)s AND c.kind = 'stop'
    ORDER BY c.place, c.happened_at DESC, c.confirmation_id
) AS l
LEFT JOIN container n ON (n.city_id, n.container_id) = (%(city)s, l.place)
LEFT JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
WHERE l.outcome = 'skipped' ORDER BY l.happened_at, l.place

-- name: count_left_out
-- Containers that were due and that no circuit of the plans in force takes.
SELECT count(*) AS left_out
FROM dispatch_in_force d JOIN plan p USING (plan_id)
CROSS JOIN LATERAL jsonb_array_elements(p.document->'unserved') AS u
WHERE d.city_id = %(city)s AND d.day = %(day)s AND u->>'due' IS NOT NULL
