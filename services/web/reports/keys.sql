-- name: find_key
SELECT FROM door_key WHERE city_id = %(city)s AND door = %(door)s AND key_hash = %(key_hash)s
