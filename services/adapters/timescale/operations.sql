-- What the technician asks of the store.

-- name: list_freshness
-- The newest of each city. A plan for tomorrow does not make today planned.
SELECT c.city_id, c.document,
       (SELECT max(made_at) FROM plan p WHERE p.city_id = c.city_id) AS planned_at,
       (SELECT max(day) FROM plan p
        WHERE p.city_id = c.city_id AND day <= (%(now)s AT TIME ZONE c.timezone)::date) AS planned_day,
       (SELECT max(fill_at) FROM container_state s WHERE s.city_id = c.city_id) AS read_at
FROM city c ORDER BY c.city_id
