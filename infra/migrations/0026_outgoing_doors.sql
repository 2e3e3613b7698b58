-- What leaves a city by doors of its own, and whether it arrives: portals' brokers, the telephone that answers residents,
-- webhooks. For the technician's page: of an address its host alone, no secret, no number, no words. By the clock on the
-- wall.
CREATE VIEW outgoing_door AS
SELECT city_id, 'broker' AS kind, broker_id AS id, substring(url FROM '://([^/?#]+)') AS host, made_at,
       told_at AS taken_at, waiting, NULL::timestamptz AS oldest_at, failures, NULL::integer AS given_up, last_answer,
       NULL::timestamptz AS stopped_at
FROM portal_broker
UNION ALL
SELECT g.city_id, 'telephone', g.city_id, substring(g.url FROM '://([^/?#]+)'), g.made_at, g.told_at, r.waiting,
       r.oldest_at, g.failures, NULL, g.last_answer, NULL
FROM sms_gateway g
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS waiting, min(made_at) AS oldest_at
    FROM sms_reply r WHERE r.city_id = g.city_id AND r.settled_at IS NULL
) AS r
UNION ALL
SELECT w.city_id, 'webhook', w.webhook_id, substring(w.url FROM '://([^/?#]+)'), w.made_at, d.taken_at, d.waiting,
       d.oldest_at, d.failures, d.given_up, coalesce(w.stopped_reason, d.last_answer), w.stopped_at
FROM webhook w
CROSS JOIN LATERAL (
    SELECT max(settled_at) FILTER (WHERE state = 'delivered') AS taken_at,
           count(*) FILTER (WHERE state = 'waiting')::integer AS waiting,
           min(queued_at) FILTER (WHERE state = 'waiting') AS oldest_at,
           coalesce(max(tries) FILTER (WHERE state = 'waiting'), 0)::integer AS failures,
           count(*) FILTER (WHERE state = 'given_up')::integer AS given_up,
           (array_agg(last_answer ORDER BY coalesce(settled_at, next_at) DESC)
              FILTER (WHERE state <> 'delivered' AND last_answer IS NOT NULL))[1] AS last_answer
    FROM webhook_delivery d WHERE d.webhook_id = w.webhook_id
) AS d;
