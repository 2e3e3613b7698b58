-- name: list_freshness
-- The newest of each fleet. A plan for tomorrow does not make today planned.
WITH read AS MATERIALIZED (
    SELECT city_id, (SELECT max(fill_at) FROM container_state s WHERE s.city_id = c.city_id) AS read_at FROM city c
)
SELECT c.document, f.fleet_id AS fleet,
       (SELECT max(made_at) FROM plan p WHERE p.city_id = c.city_id AND p.fleet_id = f.fleet_id) AS planned_at,
       (SELECT max(day) FROM plan p WHERE p.city_id = c.city_id AND p.fleet_id = f.fleet_id
                                      AND day <= (%(now)s AT TIME ZONE c.timezone)::date) AS planned_day,
       read_at
FROM city c JOIN fleet f USING (city_id) JOIN read USING (city_id) ORDER BY c.city_id, f.position

-- name: is_day_ordered
-- By the morning or by an operator who was up earlier. One that failed does not count for the operator's.
SELECT EXISTS (SELECT FROM planning_run WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s
               AND (request_id = %(request_id)s OR state <> 'failed')) AS ordered

-- name: is_settled
SELECT EXISTS (SELECT FROM planning_run WHERE request_id = %(request_id)s
               AND state IN ('finished', 'failed')) AS is_one

-- name: find_plan_in_force
-- Now, or at an instant of the past.
SELECT p.document::text AS document FROM dispatch d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day = %(day)s
  AND (%(known_at)s::timestamptz IS NULL OR d.dispatched_at <= %(known_at)s)
ORDER BY d.dispatched_at DESC, d.dispatch_id LIMIT 1

-- name: list_confirmed
-- Of the day, whichever of its plans had asked for the visit; what had come in at an instant of the past.
SELECT c.truck_id AS truck, c.kind, c.place, c.outcome, c.reason, c.happened_at
FROM confirmation c JOIN plan p USING (plan_id)
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s AND c.city_id = p.city_id
  AND (%(known_at)s::timestamptz IS NULL OR c.received_at <= %(known_at)s)
ORDER BY c.happened_at, c.confirmation_id

-- name: list_truck_places
SELECT truck_id AS truck, lon, lat, happened_at FROM truck_state
WHERE city_id = %(city)s AND truck_id = ANY(%(trucks)s)

-- name: list_truck_places_known
-- At an instant of the past: positions are kept for some months.
SELECT DISTINCT ON (truck_id) truck_id AS truck, lon, lat, happened_at FROM position
WHERE city_id = %(city)s AND truck_id = ANY(%(trucks)s) AND received_at <= %(known_at)s
  AND happened_at <= %(known_at)s AND happened_at > %(known_at)s - interval '1 day'
ORDER BY truck_id, happened_at DESC

-- name: find_plan
SELECT document::text AS document FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: list_begun
SELECT c.truck_id AS truck
FROM dispatch_in_force d JOIN circuit c USING (plan_id) JOIN stop s ON (s.plan_id, s.number) = (c.plan_id, c.number)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day = %(day)s AND s.sequence = 0 AND s.leave_at <= %(now)s
UNION
SELECT said.truck_id FROM confirmation said JOIN plan p USING (plan_id)
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s AND said.city_id = p.city_id

-- name: find_next
SELECT plan_id FROM plan_change WHERE parent_id = %(plan)s
