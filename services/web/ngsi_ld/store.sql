-- name: find_key
SELECT city_id FROM door_key WHERE key_hash = %(key_hash)s AND door = 'ngsi-ld'
