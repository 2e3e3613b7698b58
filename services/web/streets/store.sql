-- name: find_containers
SELECT container_id, name, lon, lat FROM container
WHERE city_id = %(city)s AND active AND (container_id = %(asked)s OR lower(name) = lower(%(asked)s))
ORDER BY container_id = %(asked)s DESC, container_id LIMIT 3

-- name: find_said
SELECT saying_id FROM street_said WHERE city_id = %(city)s AND saying_id = %(saying)s
