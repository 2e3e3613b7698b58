-- name: find_place
SELECT c.container_id, c.name, c.lon, c.lat, coalesce(z.name, '')
FROM container c LEFT JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active AND lower(c.container_id) = lower(%(container)s)
ORDER BY c.container_id = %(container)s DESC LIMIT 1

-- name: list_places
SELECT c.container_id, c.name, c.lon, c.lat, coalesce(z.name, '')
FROM container c LEFT JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active ORDER BY 5, c.container_id

-- name: find_nearest
-- On a plane, good to a metre within a kilometre; 111,320 m are a degree of latitude.
SELECT container_id, name, lon, lat, zone FROM (
    SELECT c.container_id, c.name, c.lon, c.lat, coalesce(z.name, '') AS zone,
           111320 * sqrt((c.lat - %(lat)s) ^ 2 + ((c.lon - %(lon)s) * cos(radians(%(lat)s))) ^ 2) AS distance_m
    FROM container c LEFT JOIN zone z USING (city_id, zone_id)
    WHERE c.city_id = %(city)s AND c.active AND c.lat BETWEEN %(lat)s - 0.01 AND %(lat)s + 0.01
) AS near WHERE distance_m <= %(near_m)s ORDER BY distance_m, container_id LIMIT 1

-- name: read_known
-- Emptied: by the evidence, at whatever plan's order. Planned: in a circuit in force, where no crew has been yet.
SELECT s.last_emptied_at, planned.at, skipped.happened_at, skipped.reason
FROM (VALUES (1)) AS one (n)
LEFT JOIN container_now s ON s.city_id = %(city)s AND s.container_id = %(container)s
LEFT JOIN LATERAL (
    SELECT min(v.start_at) AS at FROM dispatch_in_force d JOIN stop v USING (plan_id)
    WHERE d.city_id = %(city)s AND d.day = %(day)s AND v.kind = 'stop' AND v.place = %(container)s
      AND NOT EXISTS (SELECT FROM confirmation c
                      WHERE c.city_id = %(city)s AND c.kind = 'stop' AND c.place = v.place
                        AND c.happened_at >= %(day_from)s)
) AS planned ON true
LEFT JOIN LATERAL (
    SELECT happened_at, reason FROM (
        SELECT c.happened_at, c.reason, c.outcome FROM confirmation c
        WHERE c.city_id = %(city)s AND c.kind = 'stop' AND c.place = %(container)s AND c.happened_at >= %(day_from)s
        ORDER BY c.happened_at DESC, c.confirmation_id LIMIT 1
    ) AS latest WHERE outcome = 'skipped'
) AS skipped ON true

-- name: list_reports
-- Of a day planned anew the plan in force holds what was done before, under another: by whichever, it was there.
WITH planned AS (
    SELECT v.place, min(v.start_at) AS at FROM dispatch_in_force d JOIN stop v USING (plan_id)
    WHERE d.city_id = %(city)s AND d.day = %(day)s AND v.kind = 'stop'
      AND NOT EXISTS (SELECT FROM confirmation c
                      WHERE c.city_id = %(city)s AND c.kind = 'stop' AND c.place = v.place
                        AND c.happened_at >= %(day_from)s)
    GROUP BY v.place
)
SELECT r.report_id, r.city_id, r.kind, r.container_id, coalesce(c.lon, r.lon), coalesce(c.lat, r.lat), r.door,
       r.made_at, r.answer, r.known_at, r.insists, r.first_id, r.reports, r.emptied_at, r.seen_at, p.at, c.name, z.name,
       c.fleet_id
FROM report_now r
LEFT JOIN container c ON (c.city_id, c.container_id) = (r.city_id, r.container_id)
LEFT JOIN zone z ON (z.city_id, z.zone_id) = (c.city_id, c.zone_id)
LEFT JOIN planned p ON p.place = r.container_id
WHERE r.city_id = %(city)s
  AND (%(ids)s::text[] IS NULL OR r.report_id = ANY(%(ids)s))
  AND (%(kinds)s::text[] IS NULL OR r.kind = ANY(%(kinds)s))
  AND (%(since)s::timestamptz IS NULL OR r.made_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR r.made_at <= %(until)s)
  AND (NOT %(unsettled)s OR (r.first_id = r.report_id AND r.seen_at IS NULL AND r.emptied_at IS NULL
                             AND r.answer <> 'just_emptied'))
ORDER BY r.made_at DESC, r.report_id LIMIT %(most)s

-- name: find_report_city
SELECT city_id FROM report_now WHERE report_id = %(report)s

-- name: find_private
SELECT report_id, contact, words, address, media_url, photo IS NOT NULL AS has_photo FROM report_private
WHERE city_id = %(city)s AND report_id = ANY(%(reports)s)

-- name: find_photo
SELECT photo FROM report_private WHERE city_id = %(city)s AND report_id = %(report)s AND photo IS NOT NULL
