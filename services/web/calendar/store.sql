-- What calendars alone read. Days are the city's own.

-- name: list_streams
-- Of each district the kinds of waste that are collected there, with how many containers.
SELECT c.zone_id AS zone, z.name AS zone_name, coalesce(c.document->>'stream', 'residual') AS stream,
       count(*)::int AS containers
FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active
GROUP BY 1, 2, 3 ORDER BY 2, 1, 4 DESC, 3

-- name: find_loaded_at
SELECT loaded_at FROM city WHERE city_id = %(city)s

-- name: list_fixed_weekdays
-- On which weekdays the city's fixed circuits empty containers of a district and stream.
SELECT c.zone_id AS zone, coalesce(c.document->>'stream', 'residual') AS stream, weekday,
       count(DISTINCT c.container_id)::int AS containers
FROM registry_entry e
JOIN container c ON c.city_id = e.city_id AND c.container_id = e.document->>'container' AND c.active
CROSS JOIN LATERAL jsonb_array_elements_text(e.document->'weekdays') AS weekday
WHERE e.city_id = %(city)s AND e.kind = 'baseline_stop'
GROUP BY 1, 2, 3

-- name: list_sent_days
-- Of each day the containers of a district and stream that the circuits sent empty; `is_whole`: every fleet that serves
-- some of them has been sent, so that the others are not emptied that day.
WITH served AS (
    SELECT c.container_id, c.zone_id AS zone, coalesce(c.document->>'stream', 'residual') AS stream, c.fleet_id
    FROM container c WHERE c.city_id = %(city)s AND c.active
), sent AS (
    SELECT d.day, d.fleet_id, d.plan_id, d.dispatched_at FROM dispatch_in_force d
    WHERE d.city_id = %(city)s AND d.day BETWEEN %(first)s AND %(last)s
), stops AS (
    SELECT DISTINCT t.day, s.place FROM sent t JOIN stop s USING (plan_id) WHERE s.kind = 'stop'
)
SELECT v.zone, v.stream, t.day, max(t.dispatched_at) AS sent_at, count(s.place)::int AS containers,
       count(DISTINCT t.fleet_id) = (SELECT count(DISTINCT o.fleet_id) FROM served o
                                     WHERE (o.zone, o.stream) = (v.zone, v.stream)) AS is_whole
FROM served v
JOIN sent t USING (fleet_id)
LEFT JOIN stops s ON s.day = t.day AND s.place = v.container_id
GROUP BY v.zone, v.stream, t.day
ORDER BY t.day
