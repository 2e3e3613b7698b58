-- name: list_said
-- Of each street the latest word, and what its last closing said.
SELECT w.street_id, w.closed, c.name, c.line, c.reason, c.until, c.said_by AS closed_by, c.said_at AS closed_at,
       w.said_by, w.said_at
FROM (SELECT DISTINCT ON (street_id) street_id, closed, said_by, said_at FROM street_said
      WHERE city_id = %(city)s ORDER BY street_id, said_at DESC, number DESC) AS w
JOIN LATERAL (SELECT name, line, reason, until, said_by, said_at FROM street_said
              WHERE city_id = %(city)s AND street_id = w.street_id AND closed
              ORDER BY said_at DESC, number DESC LIMIT 1) AS c ON true
WHERE (w.closed AND (c.until IS NULL OR c.until > %(now)s))
   OR (NOT w.closed AND w.said_at > %(since)s) OR (w.closed AND c.until > %(since)s)
ORDER BY greatest(w.said_at, c.until) DESC NULLS FIRST, w.street_id
