-- Checking a password: what is read before the hash is computed, and what is written after it.

-- name: find_password
-- `t01` is meant for `T01`. Where both are there, the one written is meant.
SELECT city_id, login, role, truck_id, session_epoch, password_hash, locked_until
FROM account WHERE city_id = %(city)s AND lower(login) = lower(%(login)s)
ORDER BY login = %(login)s DESC, login LIMIT 2

-- name: lock_attempts
SELECT failed_attempts, locked_until FROM account WHERE city_id = %(city)s AND login = %(login)s FOR UPDATE

-- name: record_wrong_password
UPDATE account SET failed_attempts = %(attempts)s, locked_until = %(locked_until)s
WHERE city_id = %(city)s AND login = %(login)s

-- name: record_right_password
-- Nothing where the password was changed while this one was checked.
UPDATE account SET failed_attempts = 0, locked_until = NULL, password_hash = %(hash)s
WHERE city_id = %(city)s AND login = %(login)s AND password_hash = %(checked)s RETURNING true
