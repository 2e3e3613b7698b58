-- What the operator's pages alone read.

-- name: list_containers
-- In the order of the fields of `ContainerRow`. Read in binary, where a `real` would come with more digits than it
-- has: four are what a sensor knows.
SELECT n.container_id, n.name, n.lon, n.lat, n.kind_id, n.zone_id, z.name AS zone_name, n.fleet_id, n.capacity_l,
       n.sensor,
       round(n.fill_ratio::double precision * 10000) / 10000 AS fill_ratio, n.fill_at, n.last_emptied_at
FROM container_now n JOIN zone z USING (city_id, zone_id)
WHERE n.city_id = %(city)s AND (%(fleet)s::text IS NULL OR n.fleet_id = %(fleet)s) ORDER BY n.container_id

-- name: list_truck_positions
SELECT s.truck_id, s.happened_at, s.lon, s.lat, s.speed_kmh, s.heading_deg
FROM truck_state s JOIN truck t USING (city_id, truck_id)
WHERE s.city_id = %(city)s AND t.fleet_id = %(fleet)s AND t.active ORDER BY s.truck_id

-- name: list_trucks_with_driver
SELECT DISTINCT truck_id FROM account WHERE city_id = %(city)s AND role = 'driver'

-- name: find_run
SELECT document FROM planning_run WHERE request_id = %(request)s AND city_id = %(city)s

-- name: find_latest_run
SELECT document FROM planning_run WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s
ORDER BY happened_at DESC LIMIT 1

-- name: list_plans
-- By their columns alone: the documents are megabytes. Of a plan changed by hand the last word, and the one in force.
WITH of_day AS (
    SELECT p.plan_id, p.day, p.made_at, p.status, p.circuits, p.stops, p.distance_m, p.fuel_l,
           c.plan_id IS NOT NULL AS changed,
           EXISTS (SELECT FROM plan_change further WHERE further.parent_id = p.plan_id) AS overtaken,
           EXISTS (SELECT FROM dispatch_in_force d WHERE d.plan_id = p.plan_id AND d.city_id = p.city_id
                   AND d.fleet_id = p.fleet_id AND d.day = p.day) AS in_force
    FROM plan p LEFT JOIN plan_change c USING (plan_id)
    WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s
)
SELECT plan_id, day, made_at, status, circuits, stops, distance_m, fuel_l, changed FROM (
    (SELECT * FROM of_day WHERE NOT overtaken ORDER BY made_at DESC, plan_id LIMIT 5)
    UNION
    SELECT * FROM of_day WHERE in_force
) AS shown
ORDER BY made_at DESC, changed DESC, plan_id

-- name: list_comparable
-- Plans to set beside one: the others of its day, the newest first, and what was sent on the seven days before.
SELECT plan_id, day, made_at, stops, fuel_l FROM (
    (SELECT p.plan_id, p.day, p.made_at, p.stops, p.fuel_l FROM plan p
     WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s AND p.plan_id <> %(plan)s
       AND p.circuits > 0
     ORDER BY p.made_at DESC, p.plan_id LIMIT 10)
    UNION ALL
    SELECT p.plan_id, p.day, p.made_at, p.stops, p.fuel_l
    FROM dispatch_in_force d JOIN plan p USING (plan_id)
    WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day < %(day)s AND d.day >= %(day)s - 7
) AS found
ORDER BY day DESC, made_at DESC, plan_id

-- name: list_changes
-- Of the plan's whole chain, in no order: whoever reads links them by their parents.
SELECT plan_id, parent_id, changed_by, changed_at, document FROM plan_change
WHERE city_id = %(city)s
  AND root_id = coalesce((SELECT root_id FROM plan_change WHERE plan_id = %(plan)s), %(plan)s)

-- name: list_plan_circuits
SELECT c.number, c.truck_id, c.distance_m, c.fuel_l, c.duty_s,
       count(s.*) FILTER (WHERE s.kind = 'stop') AS stops
FROM circuit c LEFT JOIN stop s USING (plan_id, number)
WHERE c.plan_id = %(plan)s AND c.city_id = %(city)s
GROUP BY c.plan_id, c.number ORDER BY c.number

-- name: list_progress
-- Of the plan's own stops, whichever plan of the day had asked for them when the crew spoke. Of a stop reported twice
-- the later word counts. A truck that was too full for a container comes back when a later plan has it again.
WITH latest AS (
    SELECT DISTINCT ON (said.truck_id, said.place) said.truck_id, said.place, said.outcome, said.happened_at
    FROM plan shown
    JOIN plan asked ON (asked.city_id, asked.fleet_id, asked.day) = (shown.city_id, shown.fleet_id, shown.day)
    JOIN confirmation said ON said.plan_id = asked.plan_id
    WHERE shown.plan_id = %(plan)s AND shown.city_id = %(city)s AND said.kind = 'stop'
      AND (said.reason IS DISTINCT FROM 'truck_full' OR said.happened_at >= shown.made_at)
    ORDER BY said.truck_id, said.place, said.happened_at DESC, said.confirmation_id
)
SELECT truck_id, count(*) FILTER (WHERE outcome = 'done') AS done,
       count(*) FILTER (WHERE outcome = 'skipped') AS skipped, max(happened_at) AS last_at
FROM circuit JOIN stop USING (plan_id, number) JOIN latest USING (truck_id, place)
WHERE plan_id = %(plan)s AND city_id = %(city)s AND kind = 'stop'
GROUP BY truck_id ORDER BY truck_id

-- name: count_silent
SELECT count(*) AS silent FROM container_now
WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND sensor AND (fill_at IS NULL OR fill_at < %(since)s)

-- name: list_rejected
-- A message that names no city of ours may belong to any of them: every technician sees it.
SELECT reason, count(*) AS messages, max(received_at) AS last_at FROM rejected
WHERE received_at >= %(since)s
  AND (split_part(mqtt_topic, '/', 3) = %(city)s
       OR NOT EXISTS (SELECT FROM city WHERE city_id = split_part(mqtt_topic, '/', 3)))
GROUP BY reason ORDER BY reason

-- name: find_dispatch
SELECT plan_id, dispatch_id, dispatched_by, dispatched_at FROM dispatch_in_force
WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s

-- name: find_plan_row
-- Which row it is, without its megabytes: one that was written anew is another.
SELECT xmin::text || ' ' || ctid::text AS version FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: find_plan_text
SELECT document::text FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: find_circuits
-- Of a plan, without what it says of containers that are in none.
SELECT document ->> 'roads' AS roads, (document -> 'circuits')::text AS circuits,
       coalesce(document -> 'broken', '[]')::text AS broken
FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: list_confirmations
-- Of the plan's fleet and day, whichever of its plans had asked for the visit: a crew has done what it has done. As in
-- `list_progress`, a truck is too full only until the next plan.
SELECT said.truck_id, said.kind, said.place, said.outcome, said.reason, said.happened_at
FROM plan shown
JOIN plan asked ON (asked.city_id, asked.fleet_id, asked.day) = (shown.city_id, shown.fleet_id, shown.day)
JOIN confirmation said ON said.plan_id = asked.plan_id
WHERE shown.plan_id = %(plan)s AND shown.city_id = %(city)s
  AND (said.reason IS DISTINCT FROM 'truck_full' OR said.happened_at >= shown.made_at)
ORDER BY said.happened_at, said.confirmation_id

-- name: list_names
SELECT c.container_id, c.name, z.name AS zone_name FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.container_id = ANY(%(ids)s)

-- name: find_containers_like
-- Whose id, name and zone hold all words, which come folded: without capitals and accents, as is done here. Those whose
-- name begins with the first word first.
WITH told AS (
    SELECT c.container_id, c.name, z.name AS zone_name,
           translate(lower(c.name || ' ' || c.container_id || ' ' || z.name),
                     'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy') AS words
    FROM container c JOIN zone z USING (city_id, zone_id)
    WHERE c.city_id = %(city)s AND c.fleet_id = %(fleet)s AND c.active
)
SELECT container_id, name, zone_name, count(*) OVER () AS total FROM told
WHERE (SELECT bool_and(strpos(told.words, word) > 0) FROM unnest(%(words)s::text[]) AS word)
ORDER BY strpos(words, (%(words)s::text[])[1]) <> 1, name, container_id LIMIT 30
