-- name: list_news
-- Containers whose belief lacks something, and from where on.
SELECT container_id, least(news_from, folding_from) AS news_from FROM container_state
WHERE city_id = %(city)s AND (news_from IS NOT NULL OR folding_from IS NOT NULL)
  AND (%(containers)s::text[] IS NULL OR container_id = ANY(%(containers)s))

-- name: list_beliefs
-- Read in binary.
SELECT container_id, estimator, document::text, until_at, known_at FROM container_belief
WHERE city_id = %(city)s AND (%(containers)s::text[] IS NULL OR container_id = ANY(%(containers)s))

-- name: find_horizon
SELECT until_at FROM evidence_horizon

-- name: list_bases
-- For each container the latest kept belief that lacks nothing from before its news and, where an instant is asked for,
-- has nothing that was received later. Of what happened up to the horizon there is only what was kept at it.
SELECT w.n, base.document::text, base.until_at, base.known_at
FROM unnest(%(cities)s::text[], %(containers)s::text[], %(news_from)s::timestamptz[])
     WITH ORDINALITY AS w (city_id, container_id, news_from, n)
CROSS JOIN LATERAL (
    SELECT k.document, k.until_at, k.known_at FROM kept_belief k
    WHERE k.city_id = w.city_id AND k.container_id = w.container_id AND k.estimator = %(estimator)s
      AND k.until_at <= coalesce(%(until)s::timestamptz, 'infinity')
      AND (k.until_at <= %(horizon)s
           OR (k.until_at < coalesce(w.news_from, 'infinity')
               AND k.known_at <= coalesce(%(as_of)s::timestamptz, 'infinity')))
    ORDER BY k.until_at DESC LIMIT 1
) AS base

-- name: list_evidence
-- In the order of `place_in_time`, of each container what happened after its own instant. `since` is the earliest of
-- those: known when this is planned, it spares the chunks of older readings from being opened. Shares of what trucks
-- weighed are told at the instant of their emptying, in the version that was known. No part of the union may have a
-- condition of its own: it would be read whole.
SELECT w.n, e.kind, e.happened_at, e.received_at, e.fill_ratio, e.weight_kg, e.reason, e.observation_id,
       e.expected_ratio, e.part
FROM unnest(%(cities)s::text[], %(containers)s::text[], %(after)s::timestamptz[])
     WITH ORDINALITY AS w (city_id, container_id, after, n)
JOIN (
    SELECT city_id, container_id, kind, happened_at, received_at, fill_ratio, weight_kg, reason, observation_id,
           NULL::real AS expected_ratio, NULL::real AS part, NULL::timestamptz AS replaced_at
    FROM evidence
    UNION ALL
    SELECT city_id, container_id, 'weight'::text, emptied_at, known_at, fill_ratio, weight_kg, NULL, NULL,
           expected_ratio, part, replaced_at
    FROM weight_share
) AS e ON e.city_id = w.city_id AND e.container_id = w.container_id AND e.happened_at > w.after
WHERE e.happened_at > %(since)s AND e.happened_at <= coalesce(%(until)s::timestamptz, 'infinity')
  AND e.received_at <= coalesce(%(as_of)s::timestamptz, 'infinity')
  AND (e.replaced_at IS NULL OR e.replaced_at > coalesce(%(as_of)s::timestamptz, 'infinity'))
ORDER BY w.n, e.happened_at, e.kind = 'emptied', e.observation_id NULLS FIRST
