-- name: list_track
-- Of a fleet's trucks one position a half minute, as it came: evidence is not made smoother than it is. A truck that has
-- left the registry since is of the fleet that its circuits were of.
WITH theirs AS (
    SELECT truck_id FROM truck WHERE city_id = %(city)s AND fleet_id = %(fleet)s
    UNION
    SELECT c.truck_id FROM plan p JOIN circuit c USING (plan_id)
    WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s
)
SELECT DISTINCT ON (p.truck_id, date_bin('30 seconds', p.happened_at, '2000-01-01 00:00Z'))
       p.truck_id, p.happened_at, p.lon, p.lat
FROM theirs JOIN position p ON p.city_id = %(city)s AND p.truck_id = theirs.truck_id
WHERE p.happened_at >= %(since)s AND p.happened_at < %(until)s
ORDER BY p.truck_id, date_bin('30 seconds', p.happened_at, '2000-01-01 00:00Z'), p.happened_at

-- name: list_words
-- What crews said, whichever plan of the day had asked, with where the container stands.
SELECT c.truck_id, c.kind, c.place, coalesce(n.name, e.document ->> 'name', c.place) AS name, c.outcome, c.reason,
       c.happened_at, coalesce(n.lon, (e.document ->> 'lon')::double precision) AS lon,
       coalesce(n.lat, (e.document ->> 'lat')::double precision) AS lat
FROM plan p JOIN confirmation c USING (plan_id)
LEFT JOIN container n ON c.kind = 'stop' AND (n.city_id, n.container_id) = (p.city_id, c.place)
LEFT JOIN registry_entry e
       ON c.kind = 'disposal' AND (e.city_id, e.kind, e.entry_id) = (p.city_id, 'disposal_site', c.place)
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day = %(day)s
ORDER BY c.happened_at, c.confirmation_id
