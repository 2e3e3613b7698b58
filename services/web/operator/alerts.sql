-- name: list_alerts
-- Of a container that several crews, or one crew twice, could not empty, the last word counts; one that was emptied
-- since is no alert any more.
WITH latest AS (
    SELECT DISTINCT ON (c.place) c.confirmation_id, c.truck_id, c.place, c.outcome, c.reason, c.happened_at
    FROM confirmation c
    WHERE c.city_id = %(city)s AND c.fleet_id = %(fleet)s AND c.kind = 'stop' AND c.happened_at >= %(since)s
    ORDER BY c.place, c.happened_at DESC, c.confirmation_id
)
SELECT l.confirmation_id, l.truck_id, l.place AS container_id, coalesce(n.name, l.place) AS name,
       coalesce(z.name, '') AS zone_name, l.reason, l.happened_at
FROM latest l
LEFT JOIN container n ON (n.city_id, n.container_id) = (%(city)s, l.place)
LEFT JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
WHERE l.outcome = 'skipped' AND l.reason = ANY(%(reasons)s)
  AND NOT EXISTS (SELECT FROM alert_seen s WHERE s.confirmation_id = l.confirmation_id)
ORDER BY l.reason = 'burning' DESC, l.happened_at DESC, l.confirmation_id

-- name: list_set_aside
-- Of each truck those that came since somebody last looked, as one: the latest, and how many.
WITH seen AS (
    SELECT truck_id, max(received_at) AS until FROM confirmation_aside JOIN alert_seen s USING (confirmation_id, city_id)
    WHERE city_id = %(city)s GROUP BY truck_id
)
SELECT DISTINCT ON (a.truck_id) a.confirmation_id, a.truck_id, a.received_at AS happened_at,
       count(*) OVER (PARTITION BY a.truck_id)::integer AS confirmations
FROM confirmation_aside a LEFT JOIN seen USING (truck_id)
WHERE a.city_id = %(city)s AND a.fleet_id = %(fleet)s AND a.received_at >= %(since)s
  AND (seen.until IS NULL OR a.received_at > seen.until)
ORDER BY a.truck_id, a.received_at DESC, a.confirmation_id

-- name: list_sensor_alarms
-- Of each container and alarm the latest message. One that was seen to is quiet for a while: a sensor that lies on its
-- side says so with every message. An alarm has no id of its own, so it is made of what it is.
WITH said AS (
    SELECT u.container_id, alarm, u.happened_at,
           md5(concat_ws('/', u.city_id, u.container_id, alarm, extract(epoch FROM u.happened_at)))::uuid AS alarm_id
    FROM uplink u CROSS JOIN unnest(u.alarms) AS alarm
    WHERE u.city_id = %(city)s AND u.happened_at >= %(since)s AND u.alarms <> '{}' AND alarm = ANY(%(alarms)s)
), seen AS (
    SELECT container_id, alarm, max(happened_at) AS until
    FROM said JOIN alert_seen s ON s.confirmation_id = said.alarm_id GROUP BY container_id, alarm
), latest AS (
    SELECT DISTINCT ON (container_id, alarm) alarm_id, container_id, alarm, happened_at
    FROM said LEFT JOIN seen USING (container_id, alarm)
    WHERE seen.until IS NULL OR happened_at > seen.until + %(quiet)s
    ORDER BY container_id, alarm, happened_at DESC
)
SELECT l.alarm_id AS confirmation_id, l.container_id, n.name, coalesce(z.name, '') AS zone_name, l.alarm, l.happened_at
FROM latest l
JOIN container n ON (n.city_id, n.container_id) = (%(city)s, l.container_id) AND n.fleet_id = %(fleet)s
LEFT JOIN zone z ON (z.city_id, z.zone_id) = (n.city_id, n.zone_id)
ORDER BY l.alarm = 'temperature_alarm' DESC, l.happened_at DESC, l.alarm_id

-- name: is_seen
SELECT FROM alert_seen WHERE confirmation_id = %(confirmation)s AND city_id = %(city)s
