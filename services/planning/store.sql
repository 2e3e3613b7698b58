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

-- name: find_plan_in_force
SELECT p.document::text AS document FROM dispatch_in_force d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day = %(day)s

-- name: list_confirmed
-- Of the day, whichever of its plans had asked for the visit.
SELECT c.truck_id AS truck, c.kind, c.place, c.outcome, c.reason, c.happened_at
FROM confirmation c JOIN plan p USING (plan_id)
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s AND c.city_id = p.city_id
ORDER BY c.happened_at, c.confirmation_id

-- name: list_truck_places
SELECT truck_id AS truck, lon, lat, happened_at FROM truck_state
WHERE city_id = %(city)s AND truck_id = ANY(%(trucks)s)
