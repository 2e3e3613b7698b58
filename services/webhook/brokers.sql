-- name: list_due
SELECT b.broker_id, b.city_id, b.url, b.tenant, b.failures, s.authorization_header AS authorization
FROM portal_broker b LEFT JOIN portal_broker_secret s USING (broker_id)
WHERE b.next_at <= now() AND b.broker_id <> ALL (%(busy)s::text[]) ORDER BY b.next_at

-- name: list_told
SELECT entity_id, digest FROM portal_told WHERE broker_id = %(broker)s

-- name: keep_told
INSERT INTO portal_told (broker_id, entity_id, digest)
SELECT %(broker)s, entity_id, digest FROM unnest(%(entities)s::text[], %(digests)s::bytea[]) AS t (entity_id, digest)
WHERE EXISTS (SELECT FROM portal_broker WHERE broker_id = %(broker)s)
ON CONFLICT (broker_id, entity_id) DO UPDATE SET digest = excluded.digest

-- name: forget_told
DELETE FROM portal_told WHERE broker_id = %(broker)s AND entity_id = ANY (%(entities)s::text[])

-- name: note
UPDATE portal_broker
SET next_at = now() + %(wait)s, failures = %(failures)s, waiting = %(waiting)s, last_answer = %(said)s,
    told_at = CASE WHEN %(failures)s = 0 THEN now() ELSE told_at END
WHERE broker_id = %(broker)s

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: add_broker
INSERT INTO portal_broker (broker_id, city_id, url, tenant, made_at)
VALUES (%(broker)s, %(city)s, %(url)s, %(tenant)s, %(now)s) ON CONFLICT DO NOTHING

-- name: add_secret
INSERT INTO portal_broker_secret (broker_id, authorization_header) VALUES (%(broker)s, %(authorization)s)

-- name: remove_broker
DELETE FROM portal_broker WHERE broker_id = %(broker)s

-- name: list_brokers
SELECT b.broker_id, b.city_id, b.url, b.tenant, b.made_at, b.failures, b.told_at, b.waiting, b.last_answer,
       (SELECT count(*) FROM portal_told t WHERE t.broker_id = b.broker_id)::int AS entities
FROM portal_broker b WHERE %(city)s::text IS NULL OR b.city_id = %(city)s ORDER BY b.city_id, b.made_at, b.broker_id
