-- name: give_up_old
-- Nobody sends the rest of what was begun a day ago: whoever asked has stopped, or their process fell.
WITH old AS (
    UPDATE registry_change SET outcome = 'given_up'
    WHERE city_id = %(city)s AND outcome IS NULL AND changed_at < %(changed_at)s - interval '1 day'
      AND change_id <> %(change_id)s
    RETURNING change_id
)
DELETE FROM registry_change_part USING old WHERE registry_change_part.change_id = old.change_id

-- name: insert_change
INSERT INTO registry_change (change_id, city_id, base_version, parts, source, changed_by, changed_at, reason)
VALUES (%(change_id)s, %(city)s, %(base_version)s, %(parts)s, %(source)s, %(changed_by)s, %(changed_at)s, %(reason)s)
ON CONFLICT DO NOTHING

-- name: find_open
SELECT change_id FROM registry_change WHERE change_id = %(change_id)s AND city_id = %(city)s AND outcome IS NULL
FOR UPDATE

-- name: insert_part
INSERT INTO registry_change_part (change_id, part, rows) VALUES (%(change_id)s, %(part)s, %(rows)s)
ON CONFLICT DO NOTHING

-- name: list_parts
SELECT rows FROM registry_change_part WHERE change_id = %(change_id)s ORDER BY part

-- name: settle
UPDATE registry_change SET outcome = %(outcome)s, version = %(version)s, detail = %(detail)s
WHERE change_id = %(change_id)s

-- name: drop_parts
DELETE FROM registry_change_part WHERE change_id = %(change_id)s

-- name: insert_presence
INSERT INTO presence (presence_id, city_id, truck_id, truck_there, crew_there, reason, said_by, said_at)
VALUES (%(presence_id)s, %(city)s, %(truck)s, %(truck_there)s, %(crew_there)s, %(reason)s, %(said_by)s, %(said_at)s)
ON CONFLICT DO NOTHING

-- name: insert_street
INSERT INTO street_said (saying_id, city_id, street_id, closed, name, line, reason, until, said_by, said_at)
VALUES (%(saying_id)s, %(city)s, %(street_id)s, %(closed)s, %(name)s, %(line)s, %(reason)s, %(until)s, %(said_by)s,
        %(said_at)s)
ON CONFLICT DO NOTHING
