-- name: list_touched
SELECT city_id, truck_id FROM weight_touched GROUP BY city_id, truck_id ORDER BY city_id, truck_id

-- name: take_touched
-- What comes meanwhile is a further row, and is taken the next time.
WITH taken AS (
    DELETE FROM weight_touched WHERE city_id = %(city)s AND truck_id = %(truck)s RETURNING from_at, until_at
)
SELECT from_at, until_at FROM taken ORDER BY from_at

-- name: has_weighings
SELECT EXISTS (
    SELECT FROM observation
    WHERE city_id = %(city)s AND truck_id = %(truck)s AND kind = 'weight' AND site_id IS NOT NULL
      AND happened_at BETWEEN %(since)s AND %(until)s
) AS some

-- name: list_emptyings
-- With the plan that sent the truck there, where a crew confirmed it.
SELECT o.container_id, o.happened_at, o.received_at, o.fill_ratio::double precision AS fill_ratio,
       o.observation_id AS id, c.plan_id
FROM observation o LEFT JOIN confirmation c ON c.confirmation_id = o.observation_id
WHERE o.city_id = %(city)s AND o.truck_id = %(truck)s AND o.kind = 'emptied' AND o.container_id IS NOT NULL
  AND o.happened_at BETWEEN %(since)s AND %(until)s

-- name: list_tips
SELECT happened_at, received_at, weight_kg, observation_id AS id FROM observation
WHERE city_id = %(city)s AND truck_id = %(truck)s AND kind = 'weight' AND site_id IS NOT NULL
  AND happened_at BETWEEN %(since)s AND %(until)s
UNION ALL
SELECT happened_at, received_at, NULL, confirmation_id FROM confirmation
WHERE city_id = %(city)s AND truck_id = %(truck)s AND kind = 'disposal' AND outcome = 'done'
  AND happened_at BETWEEN %(since)s AND %(until)s

-- name: list_forecasts
SELECT plan_id, f->>'container' AS container, (f->>'demand_kg')::float8 AS demand_kg
FROM plan CROSS JOIN LATERAL jsonb_array_elements(document->'forecasts') AS f
WHERE city_id = %(city)s AND plan_id = ANY(%(plans)s) AND f->>'container' = ANY(%(containers)s)

-- name: list_full
SELECT c.container_id, c.capacity_l * (k.document->>'kg_per_l')::float8 AS full_kg
FROM container c
JOIN registry_entry k ON (k.city_id, k.kind, k.entry_id) = (c.city_id, 'container_kind', c.kind_id)
WHERE c.city_id = %(city)s AND c.container_id = ANY(%(containers)s)

-- name: find_payload
SELECT (b.document->>'capacity_kg')::float8 AS payload_kg
FROM truck t
JOIN registry_entry b ON (b.city_id, b.kind, b.entry_id) = (t.city_id, 'truck_class', t.document->>'truck_class')
WHERE t.city_id = %(city)s AND t.truck_id = %(truck)s

-- name: list_shares
-- Those that stand, of these emptyings.
SELECT s.container_id, s.emptied_at, s.known_at, s.weighing_id, s.weight_kg, s.fill_ratio, s.expected_ratio, s.part
FROM unnest(%(containers)s::text[], %(emptied)s::timestamptz[]) AS w (container_id, emptied_at)
JOIN weight_share s USING (container_id, emptied_at)
WHERE s.city_id = %(city)s AND s.replaced_at IS NULL

-- name: replace_shares
UPDATE weight_share s SET replaced_at = w.known_at
FROM unnest(%(containers)s::text[], %(emptied)s::timestamptz[], %(known)s::timestamptz[])
     AS w (container_id, emptied_at, known_at)
WHERE s.city_id = %(city)s AND s.container_id = w.container_id AND s.emptied_at = w.emptied_at
  AND s.replaced_at IS NULL AND s.known_at < w.known_at

-- name: put_shares
-- One that was reckoned from what was received just as late had not all of it.
INSERT INTO weight_share (city_id, container_id, emptied_at, known_at, weighing_id, weight_kg, fill_ratio,
                          expected_ratio, part)
SELECT %(city)s, w.* FROM unnest(%(containers)s::text[], %(emptied)s::timestamptz[], %(known)s::timestamptz[],
                               %(weighings)s::uuid[], %(kilos)s::double precision[], %(fills)s::real[],
                               %(expectations)s::real[], %(parts)s::real[]) AS w
ORDER BY 2, 3
ON CONFLICT (city_id, container_id, emptied_at, known_at) DO UPDATE SET
    weighing_id = excluded.weighing_id, weight_kg = excluded.weight_kg, fill_ratio = excluded.fill_ratio,
    expected_ratio = excluded.expected_ratio, part = excluded.part

-- name: touch_days
-- The ledger counts by the tonnes of a day, of the city's own clock.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT c.city_id, (emptied_at AT TIME ZONE c.timezone)::date
FROM unnest(%(emptied)s::timestamptz[]) AS fresh (emptied_at) JOIN city c ON c.city_id = %(city)s

-- name: tell_states
-- Those of which there is news, in the order in which every writer takes them.
INSERT INTO container_state AS state (city_id, container_id, news_from)
SELECT %(city)s, container_id, min(emptied_at)
FROM unnest(%(containers)s::text[], %(emptied)s::timestamptz[]) AS fresh (container_id, emptied_at)
GROUP BY container_id ORDER BY container_id
ON CONFLICT (city_id, container_id) DO UPDATE SET news_from = least(state.news_from, excluded.news_from)
