-- name: list_freshness
-- The newest of each city. A plan for tomorrow does not make today planned.
SELECT c.city_id, c.document,
       (SELECT max(made_at) FROM plan p WHERE p.city_id = c.city_id) AS planned_at,
       (SELECT max(day) FROM plan p
        WHERE p.city_id = c.city_id AND day <= (%(now)s AT TIME ZONE c.timezone)::date) AS planned_day,
       (SELECT max(fill_at) FROM container_state s WHERE s.city_id = c.city_id) AS read_at
FROM city c ORDER BY c.city_id

-- name: is_day_ordered
-- By the morning or by an operator who was up earlier. One that failed does not count for the operator's.
SELECT EXISTS (SELECT FROM planning_run WHERE city_id = %(city)s AND day = %(day)s
               AND (request_id = %(request_id)s OR state <> 'failed')) AS ordered
