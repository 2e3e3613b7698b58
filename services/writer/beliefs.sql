-- name: list_news
-- Containers whose belief lacks something, or was made by another estimator, in the order in which writers take them.
SELECT s.city_id, s.container_id
FROM container_state s LEFT JOIN container_belief b USING (city_id, container_id)
WHERE s.news_from IS NOT NULL OR s.folding_from IS NOT NULL OR b.estimator IS DISTINCT FROM %(estimator)s
ORDER BY s.container_id, s.city_id

-- name: hold_states
SELECT s.city_id, s.container_id, least(s.news_from, s.folding_from) AS news_from,
       b.document::text, b.until_at, b.known_at, b.since_kept
FROM unnest(%(cities)s::text[], %(containers)s::text[]) AS w (city_id, container_id)
JOIN container_state s USING (city_id, container_id)
LEFT JOIN container_belief b ON b.city_id = s.city_id AND b.container_id = s.container_id
                            AND b.estimator = %(estimator)s
ORDER BY s.container_id, s.city_id
FOR UPDATE OF s

-- name: take_news
-- All evidence of it is committed, and is seen from now on; what comes from now on is noted anew.
UPDATE container_state s SET folding_from = least(news_from, folding_from), news_from = NULL
FROM unnest(%(cities)s::text[], %(containers)s::text[]) AS w (city_id, container_id)
WHERE s.city_id = w.city_id AND s.container_id = w.container_id AND s.news_from IS NOT NULL

-- name: drop_outdated
-- Kept beliefs that lack what came late, and those of another estimator.
DELETE FROM kept_belief k
USING unnest(%(cities)s::text[], %(containers)s::text[], %(after)s::timestamptz[]) AS w (city_id, container_id, after)
WHERE k.city_id = w.city_id AND k.container_id = w.container_id
  AND (k.until_at > w.after OR k.estimator <> %(estimator)s)

-- name: keep_beliefs
INSERT INTO kept_belief AS kept (city_id, container_id, until_at, known_at, document, estimator)
SELECT *, %(estimator)s
FROM unnest(%(cities)s::text[], %(containers)s::text[], %(until_at)s::timestamptz[], %(known_at)s::timestamptz[],
            %(documents)s::json[])
ON CONFLICT (city_id, container_id, until_at) DO UPDATE SET
    estimator = excluded.estimator, known_at = excluded.known_at, document = excluded.document

-- name: upsert_beliefs
INSERT INTO container_belief AS belief (city_id, container_id, until_at, known_at, since_kept, document, fault,
                                        fault_since, estimator)
SELECT *, %(estimator)s
FROM unnest(%(cities)s::text[], %(containers)s::text[], %(until_at)s::timestamptz[], %(known_at)s::timestamptz[],
            %(since_kept)s::integer[], %(documents)s::json[], %(faults)s::text[], %(faults_since)s::timestamptz[])
ON CONFLICT (city_id, container_id) DO UPDATE SET
    estimator = excluded.estimator, until_at = excluded.until_at, known_at = excluded.known_at,
    since_kept = excluded.since_kept, document = excluded.document, fault = excluded.fault,
    fault_since = excluded.fault_since

-- name: end_folding
WITH held AS (
    SELECT s.city_id, s.container_id
    FROM unnest(%(cities)s::text[], %(containers)s::text[]) AS w (city_id, container_id)
    JOIN container_state s USING (city_id, container_id)
    WHERE s.folding_from IS NOT NULL
    ORDER BY s.container_id, s.city_id
    FOR UPDATE OF s
)
UPDATE container_state s SET folding_from = NULL FROM held
WHERE s.city_id = held.city_id AND s.container_id = held.container_id

-- name: has_readings_until
SELECT EXISTS (SELECT FROM reading WHERE happened_at <= %(until)s) AS old

-- name: list_states
SELECT city_id, container_id, least(news_from, folding_from) AS news_from FROM container_state
ORDER BY container_id, city_id

-- name: move_horizon
INSERT INTO evidence_horizon (until_at) VALUES (%(until)s)
ON CONFLICT (only_row) DO UPDATE SET until_at = excluded.until_at

-- name: drop_before_horizon
DELETE FROM kept_belief WHERE until_at < %(until)s
