-- What makes an operator doubt in the morning.

-- name: list_sensors_to_visit
-- The worst first: those that tell what is not so, then those that tell nothing, the longest first.
WITH found AS (
    SELECT n.container_id, n.name, coalesce(z.name, '') AS zone_name, n.fill_at,
           CASE WHEN n.fill_at IS NULL THEN 'never_heard' WHEN n.fill_at < %(silent_since)s THEN 'silent'
                ELSE b.fault END AS fault,
           CASE WHEN n.fill_at < %(silent_since)s THEN n.fill_at ELSE b.fault_since END AS since
    FROM container_now n
    LEFT JOIN zone z USING (city_id, zone_id)
    LEFT JOIN container_belief b USING (city_id, container_id)
    WHERE n.city_id = %(city)s AND n.fleet_id = %(fleet)s AND n.sensor
      AND (n.fill_at IS NULL OR n.fill_at < %(silent_since)s OR b.fault IS NOT NULL)
)
SELECT container_id, name, zone_name, fault, since, (count(*) OVER ())::integer AS total FROM found
ORDER BY array_position(ARRAY['jumping', 'stuck', 'drifting', 'silent', 'never_heard'], fault), since NULLS LAST,
         container_id
LIMIT %(most)s

-- name: list_left_yesterday
-- Stops of the last day that was sent before this one, within three days, that nobody has emptied: with the crew's last
-- word where there is one. What was emptied since counts as done.
WITH sent AS (
    SELECT plan_id, day FROM dispatch_in_force
    WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day < %(day)s AND day >= %(day)s - 3
    ORDER BY day DESC LIMIT 1
), latest AS (
    SELECT DISTINCT ON (said.place) said.place, said.outcome, said.reason
    FROM sent JOIN plan asked ON (asked.city_id, asked.fleet_id, asked.day) = (%(city)s, %(fleet)s, sent.day)
    JOIN confirmation said ON said.plan_id = asked.plan_id AND said.kind = 'stop'
    ORDER BY said.place, said.happened_at DESC, said.confirmation_id
)
SELECT s.place AS container_id, coalesce(n.name, s.place) AS name, coalesce(z.name, '') AS zone_name, sent.day,
       l.reason, c.truck_id
FROM sent JOIN circuit c USING (plan_id) JOIN stop s USING (plan_id, number)
LEFT JOIN latest l ON l.place = s.place
LEFT JOIN container n ON (n.city_id, n.container_id) = (%(city)s, s.place)
LEFT JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
LEFT JOIN container_state state ON (state.city_id, state.container_id) = (%(city)s, s.place)
WHERE s.kind = 'stop' AND l.outcome IS DISTINCT FROM 'done'
  AND (state.last_emptied_at IS NULL OR state.last_emptied_at < s.start_at - interval '12 hours')
ORDER BY l.reason IS NULL, s.start_at, s.place

-- name: list_loads
-- Of the city folder since an instant: how many containers and trucks came, became other or went.
SELECT v.version, v.loaded_at, v.who,
       count(DISTINCT r.entry_id) FILTER (WHERE r.kind = 'container')::integer AS containers,
       count(DISTINCT r.entry_id) FILTER (WHERE r.kind = 'truck')::integer AS trucks
FROM registry_version v
LEFT JOIN registry_row r ON r.city_id = v.city_id AND v.version IN (r.from_version, r.until_version)
WHERE v.city_id = %(city)s AND v.loaded_at > %(since)s AND v.version > 1
GROUP BY v.version, v.loaded_at, v.who ORDER BY v.version DESC

-- name: find_day_before
-- The plan in force of the last day that was sent before this one, within a week.
SELECT d.day, p.circuits, p.stops, p.distance_m, p.fuel_l FROM dispatch_in_force d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day < %(day)s AND d.day >= %(day)s - 7
ORDER BY d.day DESC LIMIT 1
