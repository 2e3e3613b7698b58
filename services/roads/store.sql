-- name: list_fixes
SELECT truck_id, extract(epoch FROM happened_at)::float8 AS at_s, lon, lat, accuracy_m FROM position
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
ORDER BY truck_id, happened_at
