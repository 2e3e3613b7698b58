-- Trucks' phones. A key is only ever held as its hash.

-- name: list_truck_ids
SELECT truck_id FROM truck
WHERE city_id = %(city)s AND active AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s) ORDER BY truck_id

-- name: drop_invitations
DELETE FROM phone_invitation WHERE (city_id, truck_id) = (%(city)s, %(truck)s) OR expires_at < %(now)s

-- name: invite
INSERT INTO phone_invitation (code_hash, city_id, truck_id, invited_by, expires_at)
VALUES (%(code)s, %(city)s, %(truck)s, %(by)s, %(until)s)

-- name: take_invitation
-- Taken by one alone, however many open it at once.
DELETE FROM phone_invitation WHERE code_hash = %(code)s AND expires_at > %(now)s
RETURNING city_id, truck_id, invited_by

-- name: add_phone
INSERT INTO truck_phone (phone_id, city_id, truck_id, key_hash, enrolled_by, enrolled_at)
VALUES (%(phone)s, %(city)s, %(truck)s, %(key)s, %(by)s, %(now)s)

-- name: drop_surplus
DELETE FROM truck_phone WHERE phone_id IN (
    SELECT phone_id FROM truck_phone WHERE (city_id, truck_id) = (%(city)s, %(truck)s)
    ORDER BY coalesce(seen_at, enrolled_at) DESC, phone_id OFFSET %(most)s)

-- name: find_phone
SELECT phone_id, city_id, truck_id FROM truck_phone WHERE key_hash = %(key)s

-- name: list_phones
SELECT phone_id, truck_id, enrolled_by, enrolled_at, seen_at FROM truck_phone p WHERE city_id = %(city)s
  AND (%(fleet)s::text IS NULL
       OR EXISTS (SELECT FROM truck t WHERE (t.city_id, t.truck_id, t.fleet_id) = (p.city_id, p.truck_id, %(fleet)s)))
ORDER BY truck_id, enrolled_at DESC, phone_id

-- name: remove_phone
DELETE FROM truck_phone p WHERE city_id = %(city)s AND phone_id = %(phone)s
  AND (%(fleet)s::text IS NULL
       OR EXISTS (SELECT FROM truck t WHERE (t.city_id, t.truck_id, t.fleet_id) = (p.city_id, p.truck_id, %(fleet)s)))
RETURNING truck_id
