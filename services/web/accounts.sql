-- Accounts: the one thing that pages and the command line write themselves.

-- name: find_home
-- Whether the city is loaded, and the truck as its registry has it.
SELECT EXISTS (SELECT FROM city WHERE city_id = %(city)s) AS has_city,
       EXISTS (SELECT FROM truck WHERE city_id = %(city)s AND active AND truck_id = %(truck)s) AS has_truck

-- name: find_alike
-- The same login in other letters: `t01` beside `T01` would leave a crew at the door.
SELECT login FROM account WHERE city_id = %(city)s AND lower(login) = lower(%(login)s) AND login <> %(login)s LIMIT 1

-- name: list_truck_ids
SELECT truck_id FROM truck WHERE city_id = %(city)s AND active ORDER BY truck_id

-- name: put_account
-- A new password ends the sessions that the old one opened. A new account begins at a number of its own: the cookies of
-- one of the same name that was removed must not open it.
INSERT INTO account (city_id, login, role, password_hash, truck_id, session_epoch)
VALUES (%(city)s, %(login)s, %(role)s, %(hash)s, %(truck)s, %(epoch)s)
ON CONFLICT (city_id, login) DO UPDATE
SET role = excluded.role, password_hash = excluded.password_hash, truck_id = excluded.truck_id,
    failed_attempts = 0, locked_until = NULL, session_epoch = account.session_epoch + 1

-- name: find_account
SELECT city_id, login, role, truck_id, session_epoch FROM account WHERE city_id = %(city)s AND login = %(login)s

-- name: end_sessions
UPDATE account SET session_epoch = session_epoch + 1 WHERE city_id = %(city)s AND login = %(login)s

-- name: list_accounts
SELECT city_id, login, role, truck_id, session_epoch, failed_attempts, locked_until FROM account
WHERE city_id = %(city)s ORDER BY role, login

-- name: remove_account
DELETE FROM account WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: end_rest
UPDATE account SET failed_attempts = 0, locked_until = NULL
WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: list_logins
SELECT login FROM account WHERE city_id = %(city)s ORDER BY login
