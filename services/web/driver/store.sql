-- What the driver's phone alone asks, each minute from each truck: narrow, and never a whole plan.

-- name: find_truck_fleet
SELECT fleet_id FROM truck WHERE city_id = %(city)s AND truck_id = %(truck)s

-- name: find_plan_fleets
SELECT plan_id, fleet_id FROM plan WHERE city_id = %(city)s AND plan_id = ANY(%(plans)s)

-- name: find_sent
-- The plan in force of a truck's fleet, and the circuit that its crew has: that plan's, or the latest of one that was
-- sent before, where the one in force has none for the truck any more. `loaded_at`: since then names of containers and
-- sites are as they are.
SELECT d.plan_id, d.dispatched_at, p.made_at, y.loaded_at, had.plan_id AS circuit_plan_id, had.number
FROM truck t
JOIN dispatch_in_force d USING (city_id, fleet_id)
JOIN plan p ON p.plan_id = d.plan_id
JOIN city y ON y.city_id = t.city_id
CROSS JOIN LATERAL (
    SELECT c.plan_id, c.number FROM dispatch s JOIN circuit c USING (plan_id, city_id)
    WHERE (s.city_id, s.fleet_id, s.day) = (d.city_id, d.fleet_id, d.day) AND c.truck_id = t.truck_id
    ORDER BY s.dispatched_at DESC, s.dispatch_id, c.number LIMIT 1
) AS had
WHERE t.city_id = %(city)s AND t.truck_id = %(truck)s AND d.day = %(day)s

-- name: list_visits
SELECT kind, place FROM stop WHERE plan_id = %(plan)s AND number = %(number)s ORDER BY sequence

-- name: list_said
-- Of the plan's fleet and day, whichever of its plans had asked for the visit. A truck that was too full for a container
-- comes back when a later plan has it again.
SELECT said.kind, said.place, said.outcome
FROM plan shown
JOIN plan asked ON (asked.city_id, asked.fleet_id, asked.day) = (shown.city_id, shown.fleet_id, shown.day)
JOIN confirmation said ON said.plan_id = asked.plan_id
WHERE shown.plan_id = %(plan)s AND shown.city_id = %(city)s AND said.truck_id = %(truck)s
  AND (said.reason IS DISTINCT FROM 'truck_full' OR said.happened_at >= shown.made_at)
ORDER BY said.happened_at, said.confirmation_id

-- name: is_called_off
SELECT jsonb_exists(document->'called_off', %(truck)s) AS is_one FROM plan
WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: list_forecasts
SELECT f->>'container' AS container, (f->>'fill_ratio')::float8 AS fill_ratio,
       (f->>'demand_kg')::float8 AS demand_kg, (f->>'demand_l')::float8 AS demand_l
FROM plan CROSS JOIN LATERAL jsonb_array_elements(document->'forecasts') AS f
WHERE plan_id = %(plan)s AND city_id = %(city)s AND f->>'container' = ANY(%(containers)s)
