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
-- those: known when this is planned, it spares the chunks of older readings from being opened.
SELECT w.n, e.kind, e.happened_at, e.received_at, e.fill_ratio, e.weight_kg, e.reason, e.observation_id
FROM unnest(%(cities)s::text[], %(containers)s::text[], %(after)s::timestamptz[])
     WITH ORDINALITY AS w (city_id, container_id, after, n)
JOIN evidence e ON e.city_id = w.city_id AND e.container_id = w.container_id AND e.happened_at > w.after
WHERE e.happened_at > %(since)s AND e.happened_at <= coalesce(%(until)s::timestamptz, 'infinity')
  AND e.received_at <= coalesce(%(as_of)s::timestamptz, 'infinity')
ORDER BY w.n, e.happened_at, e.kind = 'emptied', e.observation_id NULLS FIRST
