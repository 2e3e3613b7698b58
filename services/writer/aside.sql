-- name: list_theirs
-- One that is stored already was its truck's by the rules of its time. The day is the city's own.
SELECT said.id
FROM unnest(%(ids)s::uuid[], %(cities)s::text[], %(trucks)s::text[], %(plans)s::uuid[], %(kinds)s::text[],
            %(places)s::text[], %(instants)s::timestamptz[])
     AS said (id, city_id, truck_id, plan_id, kind, place, happened_at)
JOIN plan p USING (plan_id, city_id)
LEFT JOIN city y USING (city_id)
WHERE (said.happened_at AT TIME ZONE coalesce(y.timezone, 'UTC'))::date - p.day BETWEEN 0 AND 1
  AND EXISTS (SELECT FROM dispatch d
              WHERE (d.city_id, d.day, d.fleet_id, d.plan_id) = (p.city_id, p.day, p.fleet_id, p.plan_id))
  AND EXISTS (SELECT FROM circuit c JOIN stop s USING (plan_id, number)
              WHERE (c.plan_id, c.truck_id, s.kind, s.place) = (said.plan_id, said.truck_id, said.kind, said.place))
UNION
SELECT confirmation_id FROM confirmation WHERE confirmation_id = ANY(%(ids)s)

-- name: insert_aside
INSERT INTO confirmation_aside (confirmation_id, city_id, fleet_id, truck_id, plan_id, received_at, document)
SELECT * FROM unnest(%(ids)s::uuid[], %(cities)s::text[], %(fleets)s::text[], %(trucks)s::text[], %(plans)s::uuid[],
                     %(received)s::timestamptz[], %(documents)s::jsonb[])
ON CONFLICT DO NOTHING

-- name: list_aside_of_sent_plans
-- Held, so that another writer does not take the same ones back.
SELECT a.document FROM confirmation_aside a
WHERE (%(plans)s::uuid[] IS NULL OR a.plan_id = ANY(%(plans)s))
  AND EXISTS (SELECT FROM plan p JOIN dispatch d ON (d.city_id, d.day, d.fleet_id, d.plan_id)
                                                  = (p.city_id, p.day, p.fleet_id, p.plan_id)
              WHERE p.plan_id = a.plan_id)
ORDER BY a.received_at, a.confirmation_id
LIMIT 5000
FOR UPDATE OF a SKIP LOCKED

-- name: drop_aside
DELETE FROM confirmation_aside WHERE confirmation_id = ANY(%(ids)s)

-- name: forget_old
DELETE FROM confirmation_aside WHERE received_at < %(before)s
