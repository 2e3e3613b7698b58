-- What happened at the doors.

-- name: note
INSERT INTO security_event (city_id, happened_at, what, login, address, detail)
SELECT city_id, %(now)s, %(what)s, %(login)s, %(address)s, %(detail)s FROM city WHERE city_id = %(city)s

-- name: audit
INSERT INTO audit (city_id, happened_at, who, what, detail)
SELECT city_id, %(now)s, %(who)s, %(what)s,
       jsonb_build_object('login', %(login)s::text, 'address', %(address)s::text, 'detail', %(detail)s::text)
FROM city WHERE city_id = %(city)s

-- name: audit_act
INSERT INTO audit (city_id, happened_at, who, what, detail)
VALUES (%(city)s, %(now)s, %(who)s, %(what)s, %(detail)s)

-- name: forget_old
DELETE FROM security_event WHERE city_id = %(city)s AND happened_at < %(before)s

-- name: list_events
SELECT happened_at, what, login, address, detail FROM security_event
WHERE city_id = %(city)s AND happened_at >= %(since)s ORDER BY happened_at DESC, event_id DESC LIMIT %(most)s

-- name: list_attacks
-- More than a person who has forgotten: ten wrong guesses, or three names tried.
SELECT address, count(*)::integer AS guesses, count(DISTINCT login)::integer AS names, max(happened_at) AS last_at
FROM security_event
WHERE city_id = %(city)s AND happened_at >= %(since)s AND what IN ('wrong_password', 'wrong_invitation')
GROUP BY address HAVING count(*) >= 10 OR count(DISTINCT login) >= 3
ORDER BY guesses DESC, address LIMIT %(most)s

-- name: list_own
SELECT happened_at, what, login, address, detail FROM security_event
WHERE city_id = %(city)s AND login = %(login)s ORDER BY event_id DESC LIMIT %(most)s

-- name: list_notices
-- Between the login before this one, which counts too, and this one.
WITH logins AS (
    SELECT event_id FROM security_event WHERE city_id = %(city)s AND login = %(login)s AND what = 'logged_in'
    ORDER BY event_id DESC LIMIT 2
)
SELECT happened_at, what, login, address, detail FROM security_event
WHERE city_id = %(city)s AND login = %(login)s
  AND event_id >= (SELECT min(event_id) FROM logins) AND event_id < (SELECT max(event_id) FROM logins)
  AND (what = ANY(%(noticed)s) OR (what = 'logged_in' AND detail = %(new_place)s))
ORDER BY event_id
