-- Accounts: the one thing that pages and the command line write themselves.

-- name: put_account
-- A new password ends the sessions that the old one opened.
INSERT INTO account (city_id, login, role, password_hash, truck_id)
VALUES (%(city)s, %(login)s, %(role)s, %(hash)s, %(truck)s)
ON CONFLICT (city_id, login) DO UPDATE
SET role = excluded.role, password_hash = excluded.password_hash, truck_id = excluded.truck_id,
    failed_attempts = 0, locked_until = NULL, session_epoch = account.session_epoch + 1

-- name: find_account
SELECT city_id, login, role, truck_id, session_epoch FROM account WHERE city_id = %(city)s AND login = %(login)s

-- name: lock_account
-- Locked while the password is checked, so that parallel guesses are counted one by one.
SELECT city_id, login, role, truck_id, session_epoch, password_hash, failed_attempts, locked_until
FROM account WHERE city_id = %(city)s AND login = %(login)s FOR UPDATE

-- name: record_wrong_password
UPDATE account SET failed_attempts = %(attempts)s, locked_until = %(locked_until)s
WHERE city_id = %(city)s AND login = %(login)s

-- name: record_right_password
UPDATE account SET failed_attempts = 0, locked_until = NULL, password_hash = %(hash)s
WHERE city_id = %(city)s AND login = %(login)s

-- name: end_sessions
UPDATE account SET session_epoch = session_epoch + 1 WHERE city_id = %(city)s AND login = %(login)s
