-- name: queue
INSERT INTO webhook_delivery (webhook_id, message_id, event, happened_at, data)
SELECT w.webhook_id, told.message_id, told.event, told.happened_at, told.data
FROM unnest(%(cities)s::text[], %(events)s::text[], %(messages)s::text[], %(instants)s::timestamptz[],
            %(known)s::timestamptz[], %(data)s::jsonb[])
     AS told (city_id, event, message_id, happened_at, known_at, data)
JOIN webhook w ON w.city_id = told.city_id AND told.event = ANY (w.events)
WHERE w.stopped_at IS NULL AND told.known_at >= w.made_at
ON CONFLICT DO NOTHING

-- name: is_anybody_told
SELECT EXISTS (SELECT FROM webhook WHERE stopped_at IS NULL AND city_id = ANY (%(cities)s::text[])) AS told

-- name: list_circuits
SELECT c.plan_id, c.number, c.truck_id AS truck, c.distance_m, c.fuel_l, c.duty_s,
       (SELECT count(*) FROM stop s WHERE (s.plan_id, s.number) = (c.plan_id, c.number) AND s.kind = 'stop')::int AS stops
FROM circuit c WHERE c.plan_id = ANY (%(plans)s::uuid[]) ORDER BY c.plan_id, c.number

-- name: list_overflows
-- Containers at the rim of which it was not told yet, where somebody wants to hear of it.
SELECT c.city_id AS city, c.container_id AS container, c.name, c.lon, c.lat, c.fill_ratio, c.fill_at AS happened_at
FROM container_now c
WHERE c.fill_ratio >= %(rim)s
  AND (c.last_emptied_at IS NULL OR c.last_emptied_at < c.fill_at)
  AND EXISTS (SELECT FROM webhook w WHERE w.city_id = c.city_id AND 'container.overflowing' = ANY (w.events)
                                      AND w.stopped_at IS NULL AND w.made_at <= c.fill_at)
  AND NOT EXISTS (SELECT FROM overflow_told o WHERE (o.city_id, o.container_id) = (c.city_id, c.container_id))
ORDER BY c.city_id, c.container_id LIMIT 1000

-- name: keep_overflow
INSERT INTO overflow_told (city_id, container_id, told_at) VALUES (%(city)s, %(container)s, %(happened_at)s)
ON CONFLICT DO NOTHING

-- name: forget_overflows
DELETE FROM overflow_told o USING container_now c
WHERE (c.city_id, c.container_id) = (o.city_id, o.container_id)
  AND (c.last_emptied_at > o.told_at OR (c.fill_at > o.told_at AND c.fill_ratio < %(room)s))

-- name: list_due
-- A few of each address, the longest due first, so that one with very many holds up nobody.
SELECT w.webhook_id, w.url, s.secret, d.message_id, d.event, d.happened_at, d.data, d.tries
FROM webhook w
JOIN webhook_secret s USING (webhook_id)
CROSS JOIN LATERAL (
    SELECT * FROM webhook_delivery d
    WHERE d.webhook_id = w.webhook_id AND d.state = 'waiting' AND d.next_at <= now()
    ORDER BY d.next_at LIMIT %(most)s
) AS d
WHERE w.stopped_at IS NULL AND w.webhook_id <> ALL (%(busy)s::text[])
ORDER BY w.webhook_id, d.next_at

-- name: settle
UPDATE webhook_delivery
SET state = %(state)s, tries = tries + 1, settled_at = now(), last_answer = %(said)s
WHERE webhook_id = %(webhook)s AND message_id = %(message)s AND state = 'waiting'

-- name: put_off
UPDATE webhook_delivery
SET tries = tries + 1, next_at = now() + %(wait)s, last_answer = %(said)s
WHERE webhook_id = %(webhook)s AND message_id = %(message)s AND state = 'waiting'

-- name: give_up_old
UPDATE webhook_delivery SET state = 'given_up', settled_at = now()
WHERE state = 'waiting' AND queued_at < now() - %(age)s

-- name: stop_webhook
UPDATE webhook SET stopped_at = now(), stopped_reason = %(said)s WHERE webhook_id = %(webhook)s AND stopped_at IS NULL

-- name: give_up_all
UPDATE webhook_delivery SET state = 'given_up', settled_at = now()
WHERE webhook_id = %(webhook)s AND state = 'waiting'

-- name: forget_settled
DELETE FROM webhook_delivery WHERE state <> 'waiting' AND settled_at < now() - %(age)s

-- name: find_backlog
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float AS oldest_s
FROM webhook_delivery WHERE state = 'waiting'

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: add_webhook
INSERT INTO webhook (webhook_id, city_id, url, events, made_at)
VALUES (%(webhook)s, %(city)s, %(url)s, %(events)s, %(made_at)s)

-- name: add_secret
INSERT INTO webhook_secret (webhook_id, secret) VALUES (%(webhook)s, %(secret)s)

-- name: remove_webhook
DELETE FROM webhook WHERE webhook_id = %(webhook)s

-- name: find_endpoint
SELECT w.webhook_id, w.city_id, w.url, s.secret FROM webhook w JOIN webhook_secret s USING (webhook_id)
WHERE w.webhook_id = %(webhook)s

-- name: try_again
UPDATE webhook_delivery
SET state = 'waiting', tries = 0, next_at = now(), queued_at = now(), settled_at = NULL
WHERE webhook_id = %(webhook)s AND state = 'given_up'

-- name: start_webhook
UPDATE webhook SET stopped_at = NULL, stopped_reason = NULL WHERE webhook_id = %(webhook)s

-- name: list_webhooks
SELECT w.webhook_id, w.city_id, w.url, w.events, w.made_at, w.stopped_at, w.stopped_reason,
       d.waiting, d.delivered, d.given_up, d.oldest_at, d.last_answer
FROM webhook w
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'delivered' AND settled_at > now() - interval '7 days') AS delivered,
           count(*) FILTER (WHERE state = 'given_up' AND settled_at > now() - interval '7 days') AS given_up,
           min(queued_at) FILTER (WHERE state = 'waiting') AS oldest_at,
           (array_agg(last_answer ORDER BY next_at DESC)
              FILTER (WHERE state <> 'delivered' AND last_answer IS NOT NULL))[1] AS last_answer
    FROM webhook_delivery d WHERE d.webhook_id = w.webhook_id
) AS d
WHERE %(city)s::text IS NULL OR w.city_id = %(city)s
ORDER BY w.city_id, w.made_at, w.webhook_id
