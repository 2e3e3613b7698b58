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
INSERT INTO account (city_id, login, role, password_hash, truck_id, fleet_id, session_epoch)
VALUES (%(city)s, %(login)s, %(role)s, %(hash)s, %(truck)s, %(fleet)s, %(epoch)s)
ON CONFLICT (city_id, login) DO UPDATE
SET role = excluded.role, password_hash = excluded.password_hash, truck_id = excluded.truck_id,
    fleet_id = excluded.fleet_id,
    failed_attempts = 0, locked_until = NULL, session_epoch = account.session_epoch + 1

-- name: find_account
SELECT city_id, login, role, truck_id, session_epoch, fleet_id, language FROM account WHERE city_id = %(city)s AND login = %(login)s

-- name: end_sessions
UPDATE account SET session_epoch = session_epoch + 1 WHERE city_id = %(city)s AND login = %(login)s

-- name: list_accounts
-- It rests where any of its sources does: that is what its people complain of.
SELECT a.city_id, a.login, a.role, a.truck_id, a.session_epoch, a.fleet_id, a.language, a.failed_attempts,
       greatest(a.locked_until, max(s.locked_until)) AS locked_until, a.one_time_secret IS NOT NULL AS has_one_time
FROM account a LEFT JOIN known_source s USING (city_id, login)
WHERE a.city_id = %(city)s GROUP BY a.city_id, a.login ORDER BY a.role, a.login

-- name: remove_account
DELETE FROM account WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: end_rest
UPDATE account SET failed_attempts = 0, locked_until = NULL
WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: end_rest_of_sources
UPDATE known_source SET failed_attempts = 0, locked_until = NULL WHERE city_id = %(city)s AND login = %(login)s

-- name: forget_sessions
DELETE FROM login_session WHERE city_id = %(city)s AND login = %(login)s

-- name: forget_sources
DELETE FROM known_source WHERE city_id = %(city)s AND login = %(login)s

-- name: set_one_time_secret
UPDATE account SET one_time_secret = %(secret)s, one_time_step = 0
WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: set_password
UPDATE account SET password_hash = %(hash)s WHERE city_id = %(city)s AND login = %(login)s RETURNING true

-- name: list_logins
SELECT login FROM account WHERE city_id = %(city)s ORDER BY login

-- name: set_up_one_time
UPDATE account SET one_time_secret = %(secret)s, one_time_step = %(step)s
WHERE city_id = %(city)s AND login = %(login)s AND session_epoch = %(epoch)s AND one_time_secret IS NULL RETURNING true
