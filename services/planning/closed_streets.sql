-- name: list_closed
-- Of each street the latest word holds, until it opens by itself.
SELECT street_id, name, line, reason, until FROM (
    SELECT DISTINCT ON (street_id) street_id, closed, name, line, reason, until, said_at, number FROM street_said
    WHERE city_id = %(city)s AND said_at <= %(as_of)s
    ORDER BY street_id, said_at DESC, number DESC
) AS latest
WHERE closed AND (until IS NULL OR until > %(as_of)s) ORDER BY said_at, number
