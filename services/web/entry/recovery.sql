-- Recovery codes, as hashes.

-- name: forget_codes
DELETE FROM recovery_code WHERE city_id = %(city)s AND login = %(login)s

-- name: put_codes
INSERT INTO recovery_code (city_id, login, code_hash)
SELECT %(city)s, %(login)s, code FROM unnest(%(codes)s::text[]) AS code

-- name: use_code
-- By one alone, however many type it at once.
DELETE FROM recovery_code WHERE city_id = %(city)s AND login = %(login)s AND code_hash = %(code)s RETURNING true

-- name: count_codes
SELECT count(*)::integer AS codes FROM recovery_code WHERE city_id = %(city)s AND login = %(login)s
