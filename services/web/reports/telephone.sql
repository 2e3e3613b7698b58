-- name: find_signing_key
SELECT signing_key FROM sms_signing WHERE city_id = %(city)s

-- name: add_reply
INSERT INTO sms_reply (city_id, event_id, phone, reply) VALUES (%(city)s, %(event)s, %(phone)s, %(reply)s)
ON CONFLICT DO NOTHING
