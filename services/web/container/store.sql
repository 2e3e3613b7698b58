-- What a container's page reads.

-- name: find_container
-- Also one that is out of service: whoever has its address may look back.
SELECT c.container_id, c.name, c.lon, c.lat, c.kind_id, coalesce(k.document ->> 'name', c.kind_id) AS kind_name,
       c.zone_id, z.name AS zone_name, c.fleet_id, c.capacity_l, c.sensor, c.active,
       coalesce(c.document ->> 'stream', 'residual') AS stream,
       s.fill_ratio::double precision AS fill_ratio, s.fill_at, s.battery_ratio::double precision AS battery_ratio,
       s.last_emptied_at, coalesce(s.readings, 0) AS readings
FROM container c
JOIN zone z USING (city_id, zone_id)
LEFT JOIN container_state s USING (city_id, container_id)
LEFT JOIN registry_entry k ON (k.city_id, k.kind, k.entry_id) = (c.city_id, 'container_kind', c.kind_id)
WHERE c.city_id = %(city)s AND c.container_id = %(container)s

-- name: list_known
-- In the order of the fields of `Known`. A kind that no file names fills as an ordinary one does.
SELECT c.container_id, c.kind_id, coalesce(c.document ->> 'stream', 'residual'), c.zone_id,
       coalesce((k.document ->> 'fill_per_day')::double precision, %(usual)s)
FROM container c
LEFT JOIN registry_entry k ON (k.city_id, k.kind, k.entry_id) = (c.city_id, 'container_kind', c.kind_id)
WHERE c.city_id = %(city)s AND (c.active OR c.container_id = %(container)s)
  AND (NOT %(alone)s OR c.container_id = %(container)s)
ORDER BY c.container_id

-- name: list_levels
-- Of each step of time its last reading, the least and the most.
SELECT max(happened_at) AS at, (array_agg(fill_ratio ORDER BY happened_at DESC))[1]::double precision AS fill_ratio,
       min(fill_ratio)::double precision AS least, max(fill_ratio)::double precision AS most,
       count(*)::integer AS readings
FROM reading
WHERE city_id = %(city)s AND container_id = %(container)s AND happened_at > %(since)s AND happened_at <= %(until)s
GROUP BY date_bin(%(step)s::interval, happened_at, '2000-01-01 00:00Z') ORDER BY at

-- name: list_observations
SELECT kind, happened_at, fill_ratio::double precision AS fill_ratio, weight_kg, reason, remark, truck_id, said_by
FROM observation
WHERE city_id = %(city)s AND container_id = %(container)s AND happened_at > %(since)s
ORDER BY happened_at DESC, observation_id LIMIT %(most)s

-- name: list_skipped
-- Visits that came to nothing: what the crew said why.
SELECT happened_at, truck_id, reason, driver AS said_by FROM confirmation
WHERE city_id = %(city)s AND happened_at > %(since)s AND kind = 'stop' AND place = %(container)s
  AND outcome = 'skipped'
ORDER BY happened_at DESC, confirmation_id LIMIT %(most)s

-- name: list_uplinks
SELECT happened_at, distance_mm, door, device, alarms FROM uplink
WHERE city_id = %(city)s AND container_id = %(container)s ORDER BY happened_at DESC LIMIT %(most)s

-- name: list_alarms
-- What its sensor gave alarm of, each alarm's latest.
SELECT alarm, max(u.happened_at) AS last_at, count(*)::integer AS messages
FROM uplink u CROSS JOIN unnest(u.alarms) AS alarm
WHERE u.city_id = %(city)s AND u.container_id = %(container)s AND u.happened_at > %(since)s AND u.alarms <> '{}'
GROUP BY alarm ORDER BY last_at DESC, alarm

-- name: list_next_visits
-- Of the plans that drivers have, today and later.
SELECT d.day, d.fleet_id, c.truck_id, c.number, s.start_at
FROM dispatch_in_force d JOIN circuit c USING (plan_id) JOIN stop s USING (plan_id, number)
WHERE d.city_id = %(city)s AND d.day >= %(today)s AND s.kind = 'stop' AND s.place = %(container)s
ORDER BY s.start_at LIMIT 3

-- name: list_plan_changes
SELECT plan_id, day, changed_by, changed_at, document FROM plan_change
WHERE city_id = %(city)s AND day > %(since_day)s AND document ->> 'container' = %(container)s
ORDER BY changed_at DESC, plan_id LIMIT %(most)s

-- name: list_seen_alerts
SELECT a.seen_by, a.seen_at, c.reason, c.truck_id FROM alert_seen a JOIN confirmation c USING (confirmation_id, city_id)
WHERE a.city_id = %(city)s AND c.happened_at > %(since)s AND c.place = %(container)s
ORDER BY a.seen_at DESC, a.confirmation_id LIMIT %(most)s
