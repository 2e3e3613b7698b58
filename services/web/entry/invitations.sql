-- Invitations of people. A code is only ever held as its hash.

-- name: find_login
SELECT FROM account WHERE city_id = %(city)s AND lower(login) = lower(%(login)s)

-- name: drop_old
DELETE FROM person_invitation
WHERE (city_id = %(city)s AND lower(login) = lower(%(login)s)) OR expires_at < %(now)s

-- name: invite
INSERT INTO person_invitation
    (invitation_id, code_hash, city_id, login, role, fleet_id, language, invited_by, invited_at, expires_at)
VALUES (%(id)s, %(code)s, %(city)s, %(login)s, %(role)s, %(fleet)s, %(language)s, %(by)s, %(now)s, %(until)s)

-- name: find_invitation
SELECT * FROM person_invitation WHERE code_hash = %(code)s AND expires_at > %(now)s

-- name: accept
-- Taken by one alone, however many open it at once. Whoever got the login meanwhile keeps it.
WITH taken AS (
    DELETE FROM person_invitation WHERE invitation_id = %(id)s AND expires_at > %(now)s RETURNING *
)
INSERT INTO account
    (city_id, login, role, password_hash, session_epoch, fleet_id, language, one_time_secret, one_time_step)
SELECT city_id, login, role, %(hash)s, %(epoch)s, fleet_id, language, %(secret)s, %(step)s FROM taken
WHERE NOT EXISTS (SELECT FROM account a WHERE a.city_id = taken.city_id AND lower(a.login) = lower(taken.login))
ON CONFLICT DO NOTHING
RETURNING city_id, login, role, truck_id, session_epoch, fleet_id, language

-- name: list_open
SELECT * FROM person_invitation
WHERE city_id = %(city)s AND expires_at > %(now)s AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s)
ORDER BY invited_at DESC, login

-- name: withdraw
DELETE FROM person_invitation
WHERE city_id = %(city)s AND invitation_id = %(id)s AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s)
RETURNING login
