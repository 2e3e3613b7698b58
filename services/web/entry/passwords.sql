-- Checking a password: what is read before the hash is computed, and what is written after it.

-- name: find_password
-- `t01` is meant for `T01`. Where both are there, the one written is meant.
SELECT city_id, login, role, truck_id, session_epoch, fleet_id, language, password_hash, locked_until, one_time_secret,
       one_time_step
FROM account WHERE city_id = %(city)s AND lower(login) = lower(%(login)s)
ORDER BY login = %(login)s DESC, login LIMIT 2

-- name: list_sources
SELECT source, locked_until FROM known_source WHERE city_id = %(city)s AND login = %(login)s

-- name: add_source
-- A truck's phone from which nobody has logged in yet.
INSERT INTO known_source (city_id, login, source, seen_at) VALUES (%(city)s, %(login)s, %(source)s, %(now)s)
ON CONFLICT DO NOTHING

-- name: lock_account
SELECT failed_attempts, locked_until FROM account WHERE city_id = %(city)s AND login = %(login)s FOR UPDATE

-- name: lock_source
SELECT failed_attempts, locked_until FROM known_source
WHERE city_id = %(city)s AND login = %(login)s AND source = %(source)s FOR UPDATE

-- name: record_wrong_account
UPDATE account SET failed_attempts = %(attempts)s, locked_until = %(locked_until)s
WHERE city_id = %(city)s AND login = %(login)s

-- name: record_wrong_source
UPDATE known_source SET failed_attempts = %(attempts)s, locked_until = %(locked_until)s
WHERE city_id = %(city)s AND login = %(login)s AND source = %(source)s

-- name: record_right_password
-- Nothing where the password was changed, or the one-time code used, while this one was checked.
UPDATE account SET failed_attempts = 0, locked_until = NULL, password_hash = %(hash)s, one_time_step = %(step)s
WHERE city_id = %(city)s AND login = %(login)s AND password_hash = %(checked)s AND one_time_step = %(before)s
RETURNING true

-- name: put_sources
INSERT INTO known_source (city_id, login, source, seen_at)
SELECT %(city)s, %(login)s, source, %(now)s FROM unnest(%(sources)s::text[]) AS source
ON CONFLICT (city_id, login, source) DO UPDATE SET failed_attempts = 0, locked_until = NULL, seen_at = excluded.seen_at

-- name: forget_sources
DELETE FROM known_source WHERE city_id = %(city)s AND login = %(login)s AND seen_at < %(before)s
