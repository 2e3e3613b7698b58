-- What the operator's pages alone read.

-- name: list_containers
-- In the order of the fields of `ContainerRow`. Read in binary, where a `real` would come with more digits than it
-- has: four are what a sensor knows.
SELECT n.container_id, n.name, n.lon, n.lat, n.kind_id, n.zone_id, z.name AS zone_name, n.capacity_l, n.sensor,
       round(n.fill_ratio::double precision * 10000) / 10000 AS fill_ratio, n.fill_at, n.last_emptied_at
FROM container_now n JOIN zone z USING (city_id, zone_id)
WHERE n.city_id = %(city)s ORDER BY n.container_id

-- name: list_trucks
SELECT truck_id, document FROM truck WHERE city_id = %(city)s AND active ORDER BY truck_id

-- name: list_truck_positions
SELECT s.truck_id, s.happened_at, s.lon, s.lat, s.speed_kmh, s.heading_deg
FROM truck_state s JOIN truck t USING (city_id, truck_id)
WHERE s.city_id = %(city)s AND t.active ORDER BY s.truck_id

-- name: list_trucks_with_driver
SELECT DISTINCT truck_id FROM account WHERE city_id = %(city)s AND role = 'driver'

-- name: find_run
SELECT document FROM planning_run WHERE request_id = %(request)s AND city_id = %(city)s

-- name: find_latest_run
SELECT document FROM planning_run WHERE city_id = %(city)s AND day = %(day)s ORDER BY happened_at DESC LIMIT 1

-- name: find_latest_plan
SELECT plan_id, day, made_at, status, circuits, stops, distance_m, fuel_l FROM plan
WHERE city_id = %(city)s AND day = %(day)s ORDER BY made_at DESC, plan_id LIMIT 1

-- name: list_plan_circuits
SELECT c.number, c.truck_id, c.distance_m, c.fuel_l, c.duty_s,
       count(s.*) FILTER (WHERE s.kind = 'stop') AS stops
FROM circuit c LEFT JOIN stop s USING (plan_id, number)
WHERE c.plan_id = %(plan)s AND c.city_id = %(city)s
GROUP BY c.plan_id, c.number ORDER BY c.number

-- name: list_progress
-- Of a stop reported twice, the later word counts.
SELECT truck_id, count(*) FILTER (WHERE outcome = 'done') AS done,
       count(*) FILTER (WHERE outcome = 'skipped') AS skipped, max(happened_at) AS last_at
FROM (
    SELECT DISTINCT ON (truck_id, place) truck_id, place, outcome, happened_at FROM confirmation
    WHERE plan_id = %(plan)s AND city_id = %(city)s AND kind = 'stop'
    ORDER BY truck_id, place, happened_at DESC, confirmation_id
) AS latest GROUP BY truck_id ORDER BY truck_id

-- name: count_silent
SELECT count(*) AS silent FROM container_now
WHERE city_id = %(city)s AND sensor AND (fill_at IS NULL OR fill_at < %(since)s)

-- name: list_rejected
-- A message that names no city of ours may belong to any of them: every technician sees it.
SELECT reason, count(*) AS messages, max(received_at) AS last_at FROM rejected
WHERE received_at >= %(since)s
  AND (split_part(mqtt_topic, '/', 3) = %(city)s
       OR NOT EXISTS (SELECT FROM city WHERE city_id = split_part(mqtt_topic, '/', 3)))
GROUP BY reason ORDER BY reason
