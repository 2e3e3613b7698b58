-- Pages shown to whoever has the link. A code is only ever held as its hash.

-- name: forget_old
DELETE FROM shared_view WHERE expires_at < %(now)s

-- name: share
INSERT INTO shared_view (view_id, code_hash, city_id, shown_to, day, shared_by, shared_at, expires_at)
VALUES (%(id)s, %(code)s, %(city)s, %(to)s, %(day)s, %(by)s, %(now)s, %(until)s)

-- name: find_view
SELECT * FROM shared_view WHERE code_hash = %(code)s AND expires_at > %(now)s

-- name: note_seen
UPDATE shared_view SET seen_at = %(now)s WHERE view_id = %(id)s

-- name: list_open
SELECT * FROM shared_view WHERE city_id = %(city)s AND expires_at > %(now)s ORDER BY shared_at DESC, view_id

-- name: withdraw
DELETE FROM shared_view WHERE city_id = %(city)s AND view_id = %(id)s RETURNING *
