-- Sessions. A cookie's signature says who made it; only its row says that it still stands.

-- name: open_session
INSERT INTO login_session (session_id, city_id, login, opened_at, seen_at, address, browser, phone_id, provider)
VALUES (%(id)s, %(city)s, %(login)s, %(now)s, %(now)s, %(address)s, %(browser)s, %(phone)s, %(provider)s)

-- name: forget_old
DELETE FROM login_session WHERE opened_at < %(before)s

-- name: find_session
SELECT a.city_id, a.login, a.role, a.truck_id, a.fleet_id, s.seen_at, s.phone_id, s.provider
FROM login_session s JOIN account a USING (city_id, login)
WHERE s.session_id = %(id)s AND s.city_id = %(city)s AND s.login = %(login)s AND s.opened_at >= %(before)s
  AND a.session_epoch = %(epoch)s

-- name: note_session
WITH noted AS (UPDATE login_session SET seen_at = %(now)s WHERE session_id = %(id)s)
UPDATE truck_phone SET seen_at = %(now)s WHERE phone_id = %(phone)s

-- name: list_sessions
SELECT session_id, opened_at, seen_at, address, browser FROM login_session
WHERE city_id = %(city)s AND login = %(login)s AND opened_at >= %(before)s
ORDER BY seen_at DESC, session_id

-- name: end_session
DELETE FROM login_session WHERE session_id = %(id)s AND city_id = %(city)s AND login = %(login)s

-- name: end_others
DELETE FROM login_session WHERE city_id = %(city)s AND login = %(login)s AND session_id <> %(id)s
