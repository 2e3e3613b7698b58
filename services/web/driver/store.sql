-- What the driver's phone alone asks, each minute from each truck: narrow, and never a whole plan.

-- name: find_truck_fleet
SELECT fleet_id FROM truck WHERE city_id = %(city)s AND truck_id = %(truck)s

-- name: find_plan_fleets
SELECT plan_id, fleet_id FROM plan WHERE city_id = %(city)s AND plan_id = ANY(%(plans)s)

-- name: find_sent
-- The circuit of one truck in its fleet's plan in force. `loaded_at`: since then names of containers and sites are as
-- they are.
SELECT c.plan_id, c.number, d.dispatched_at, y.loaded_at
FROM truck t
JOIN dispatch_in_force d USING (city_id, fleet_id)
JOIN circuit c USING (plan_id, city_id, truck_id)
JOIN city y USING (city_id)
WHERE t.city_id = %(city)s AND t.truck_id = %(truck)s AND d.day = %(day)s
ORDER BY c.number LIMIT 1

-- name: list_visits
SELECT kind, place FROM stop WHERE plan_id = %(plan)s AND number = %(number)s ORDER BY sequence

-- name: list_said
-- Of the plan's fleet and day, whichever of its plans had asked for the visit.
SELECT said.kind, said.place, said.outcome
FROM plan shown
JOIN plan asked ON (asked.city_id, asked.fleet_id, asked.day) = (shown.city_id, shown.fleet_id, shown.day)
JOIN confirmation said ON said.plan_id = asked.plan_id
WHERE shown.plan_id = %(plan)s AND shown.city_id = %(city)s AND said.truck_id = %(truck)s
ORDER BY said.happened_at, said.confirmation_id

-- name: is_called_off
SELECT jsonb_exists(document->'called_off', %(truck)s) AS is_one FROM plan
WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: list_forecasts
SELECT f->>'container' AS container, (f->>'fill_ratio')::float8 AS fill_ratio,
       (f->>'demand_kg')::float8 AS demand_kg, (f->>'demand_l')::float8 AS demand_l
FROM plan CROSS JOIN LATERAL jsonb_array_elements(document->'forecasts') AS f
WHERE plan_id = %(plan)s AND city_id = %(city)s AND f->>'container' = ANY(%(containers)s)
