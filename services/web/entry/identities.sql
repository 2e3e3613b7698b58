-- Identities of a provider, and whose accounts they open.

-- name: unlink
DELETE FROM linked_identity WHERE city_id = %(city)s AND login = %(login)s AND issuer = %(issuer)s

-- name: link
INSERT INTO linked_identity (city_id, issuer, subject, login, linked_by, linked_at)
VALUES (%(city)s, %(issuer)s, %(subject)s, %(login)s, %(by)s, %(now)s)
ON CONFLICT DO NOTHING RETURNING true

-- name: end_sessions
DELETE FROM login_session WHERE city_id = %(city)s AND login = %(login)s AND provider = %(issuer)s

-- name: find_linked
SELECT a.city_id, a.login, a.role, a.truck_id, a.session_epoch, a.fleet_id, a.language
FROM linked_identity i JOIN account a USING (city_id, login)
WHERE i.city_id = %(city)s AND i.issuer = %(issuer)s AND i.subject = %(subject)s
