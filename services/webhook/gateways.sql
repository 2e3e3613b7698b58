-- name: list_due
SELECT g.city_id, g.url, g.failures, l.login, r.event_id, r.phone, r.reply, r.tries
FROM sms_gateway g JOIN sms_gateway_login l USING (city_id)
CROSS JOIN LATERAL (
    SELECT * FROM sms_reply r WHERE r.city_id = g.city_id AND r.settled_at IS NULL AND r.next_at <= now()
    ORDER BY r.made_at LIMIT %(most)s
) AS r
WHERE g.city_id <> ALL (%(busy)s::text[])

-- name: settle
UPDATE sms_reply SET settled_at = now(), phone = NULL, reply = NULL, tries = tries + 1
WHERE city_id = %(city)s AND event_id = %(event)s

-- name: put_off
UPDATE sms_reply SET next_at = now() + %(wait)s, tries = tries + 1 WHERE city_id = %(city)s AND event_id = %(event)s

-- name: note
UPDATE sms_gateway SET last_answer = %(said)s, failures = CASE WHEN %(taken)s THEN 0 ELSE failures + 1 END,
    told_at = CASE WHEN %(taken)s THEN now() ELSE told_at END
WHERE city_id = %(city)s

-- name: give_up_old
UPDATE sms_reply SET settled_at = now(), phone = NULL, reply = NULL
WHERE settled_at IS NULL AND made_at < now() - %(age)s

-- name: forget_settled
DELETE FROM sms_reply WHERE settled_at < now() - %(age)s

-- name: city_exists
SELECT 1 AS found FROM city WHERE city_id = %(city)s

-- name: put_gateway
INSERT INTO sms_gateway (city_id, url, made_at) VALUES (%(city)s, %(url)s, %(now)s)
ON CONFLICT (city_id) DO UPDATE SET url = excluded.url, made_at = excluded.made_at, failures = 0, last_answer = NULL

-- name: put_login
INSERT INTO sms_gateway_login (city_id, login) VALUES (%(city)s, %(login)s)
ON CONFLICT (city_id) DO UPDATE SET login = excluded.login

-- name: put_signing_key
INSERT INTO sms_signing (city_id, signing_key) VALUES (%(city)s, %(signing_key)s)
ON CONFLICT (city_id) DO UPDATE SET signing_key = excluded.signing_key

-- name: remove_gateway
DELETE FROM sms_gateway WHERE city_id = %(city)s

-- name: list_gateways
SELECT g.city_id, g.url, g.made_at, g.failures, g.told_at, g.last_answer,
       (SELECT count(*) FROM sms_reply r WHERE r.city_id = g.city_id AND r.settled_at IS NULL)::int AS waiting,
       (SELECT min(made_at) FROM sms_reply r WHERE r.city_id = g.city_id AND r.settled_at IS NULL) AS oldest_at
FROM sms_gateway g ORDER BY g.city_id
