-- name: forget_old
DELETE FROM registry_import WHERE city_id = %(city)s
  AND (begun_at < %(before)s OR login = %(login)s AND state IN ('wrong', 'ready', 'cancelled'))

-- name: begin
INSERT INTO registry_import (import_id, city_id, login, begun_at, heard_at, base_version, state, step, share)
VALUES (%(import)s, %(city)s, %(login)s, %(now)s, %(now)s, %(version)s, 'reading', 'unpack', 0)

-- name: find
SELECT import_id, login, begun_at, heard_at, base_version, state, step, share::float8 AS share, preview, change_id
FROM registry_import WHERE import_id = %(import)s AND city_id = %(city)s

-- name: find_rows
SELECT rows FROM registry_import WHERE import_id = %(import)s AND city_id = %(city)s

-- name: tell
UPDATE registry_import SET step = %(step)s, share = %(share)s, heard_at = %(now)s
WHERE import_id = %(import)s AND state = %(state)s

-- name: settle
UPDATE registry_import SET state = %(state)s, preview = %(preview)s, rows = %(rows)s, share = 1, heard_at = %(now)s
WHERE import_id = %(import)s AND state = 'reading'

-- name: send
UPDATE registry_import SET state = 'sending', step = 'send', share = 0, change_id = %(change)s, heard_at = %(now)s
WHERE import_id = %(import)s AND city_id = %(city)s AND state = 'ready'

-- name: cancel
UPDATE registry_import SET state = 'cancelled', rows = NULL, heard_at = %(now)s
WHERE import_id = %(import)s AND city_id = %(city)s AND state IN ('reading', 'ready', 'sending')
