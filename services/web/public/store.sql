-- What the public page alone reads: the ledger's lines that count, of days that are over.

-- name: list_savings_months
SELECT DISTINCT date_trunc('month', day)::date AS month FROM savings_day
WHERE city_id = %(city)s AND finished ORDER BY month

-- name: list_savings
SELECT document FROM savings_day
WHERE city_id = %(city)s AND finished
  AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
  AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s)
ORDER BY day, fleet_id

-- name: list_whole_days
-- Lines of days that are over for every fleet that was sent.
SELECT document FROM (
    SELECT document, day, fleet_id, bool_and(finished) OVER (PARTITION BY day) AS is_over FROM savings_day
    WHERE city_id = %(city)s
      AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
) AS lines WHERE is_over ORDER BY day, fleet_id

-- name: list_month_stamps
-- Days of a month's end bear on the month before: what falls short in the first days of one is not counted in the other.
SELECT month, count(*)::integer AS lines, max(computed_at) AS computed_at FROM (
    SELECT unnest(ARRAY[date_trunc('month', day)::date, date_trunc('month', day - %(ahead)s::integer)::date]) AS month,
           fleet_id, day, computed_at
    FROM savings_day WHERE city_id = %(city)s AND finished
) AS lines
WHERE month IN (SELECT date_trunc('month', day)::date FROM savings_day WHERE city_id = %(city)s AND finished)
GROUP BY month ORDER BY month

-- name: find_latest_whole_day
SELECT max(day) AS day FROM (
    SELECT day, bool_and(finished) AS is_over FROM savings_day WHERE city_id = %(city)s GROUP BY day
) AS days WHERE is_over

-- Open data. Pages of rows in a lasting order; `limit` is one more than is shown. Days are over, and no row names a
-- truck, a driver or a time of day.

-- name: list_open_containers
SELECT c.container_id AS container, c.name, c.zone_id AS zone, z.name AS zone_name, c.kind_id AS kind,
       coalesce(c.document ->> 'stream', 'residual') AS stream, c.capacity_l, c.lon, c.lat, c.sensor,
       c.fleet_id AS fleet,
       jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(c.lon, c.lat)) AS geometry
FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active
ORDER BY c.container_id LIMIT %(limit)s OFFSET %(offset)s

-- name: find_containers_changed
SELECT loaded_at AS at FROM city WHERE city_id = %(city)s

-- name: list_open_circuits
-- Of the plans in force, with what their crews have said, whichever plan of the day had asked; the later word counts.
WITH page AS (
    SELECT d.day, d.fleet_id, c.plan_id, c.number, c.truck_id, c.distance_m, c.fuel_l, c.duty_s
    FROM dispatch_in_force d JOIN circuit c USING (plan_id)
    WHERE d.city_id = %(city)s AND d.day BETWEEN %(first)s AND %(last)s
    ORDER BY d.day, d.fleet_id, c.number LIMIT %(limit)s OFFSET %(offset)s
), said AS (
    SELECT DISTINCT ON (p.day, p.fleet_id, c.truck_id, c.place) p.day, p.fleet_id, c.truck_id, c.place, c.outcome
    FROM plan p JOIN confirmation c USING (plan_id)
    WHERE p.city_id = %(city)s AND c.kind = 'stop' AND (p.day, p.fleet_id) IN (SELECT day, fleet_id FROM page)
    ORDER BY p.day, p.fleet_id, c.truck_id, c.place, c.happened_at DESC, c.confirmation_id
)
SELECT page.day, page.fleet_id AS fleet, page.number AS circuit, count(s.*) AS stops_planned,
       count(*) FILTER (WHERE said.outcome = 'done') AS stops_done,
       count(*) FILTER (WHERE said.outcome = 'skipped') AS stops_skipped,
       page.distance_m AS planned_distance_m, page.fuel_l AS planned_fuel_l, page.duty_s AS planned_duty_s,
       CASE WHEN count(n.*) >= 2 THEN jsonb_build_object('type', 'LineString', 'coordinates',
            jsonb_agg(jsonb_build_array(n.lon, n.lat) ORDER BY s.sequence) FILTER (WHERE n.lon IS NOT NULL))
       END AS geometry
FROM page
LEFT JOIN stop s ON s.plan_id = page.plan_id AND s.number = page.number AND s.kind = 'stop'
LEFT JOIN container n ON n.city_id = %(city)s AND n.container_id = s.place
LEFT JOIN said ON (said.day, said.fleet_id, said.truck_id, said.place) = (page.day, page.fleet_id, page.truck_id, s.place)
GROUP BY page.day, page.fleet_id, page.number, page.distance_m, page.fuel_l, page.duty_s
ORDER BY page.day, page.fleet_id, page.number

-- name: list_open_collections
-- The last word on each container of a day.
SELECT l.day, l.place AS container, c.zone_id AS zone, l.fleet_id AS fleet, l.outcome, l.reason,
       CASE WHEN c.lon IS NOT NULL
            THEN jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(c.lon, c.lat)) END AS geometry
FROM (
    SELECT DISTINCT ON ((happened_at AT TIME ZONE %(timezone)s)::date, place)
           (happened_at AT TIME ZONE %(timezone)s)::date AS day, place, fleet_id, outcome, reason
    FROM confirmation
    WHERE city_id = %(city)s AND kind = 'stop' AND happened_at >= %(from)s AND happened_at < %(until)s
    ORDER BY (happened_at AT TIME ZONE %(timezone)s)::date, place, happened_at DESC, confirmation_id
) AS l LEFT JOIN container c ON c.city_id = %(city)s AND c.container_id = l.place
ORDER BY l.day, l.place LIMIT %(limit)s OFFSET %(offset)s

-- name: find_days_changed
-- The last word that came of these days, or the last plan that was sent for one of them; the day's end, if later.
SELECT greatest(
    (SELECT max(received_at) FROM confirmation
     WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s),
    (SELECT max(dispatched_at) FROM dispatch WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s)
) AS at

-- name: list_coverage
SELECT DISTINCT ON (day) document FROM coverage_line
WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s ORDER BY day, computed_at DESC

-- name: find_coverage_changed
SELECT max(computed_at) AS at FROM coverage_line WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s

-- name: find_ledger_changed
SELECT max(computed_at) AS at FROM savings_day
WHERE city_id = %(city)s AND finished AND day BETWEEN %(first)s AND %(last)s
