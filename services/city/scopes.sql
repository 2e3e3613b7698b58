-- name: list_scopes
SELECT c.document AS city, f.document AS fleet FROM city c JOIN fleet f USING (city_id) ORDER BY c.city_id, f.position

-- name: list_fleets
SELECT document FROM fleet WHERE city_id = %(city)s ORDER BY position
