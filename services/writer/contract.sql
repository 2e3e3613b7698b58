-- name: insert_answer
INSERT INTO penalty_answer (answer_id, city_id, fleet_id, line_id, words, answered_by, answered_at)
VALUES (%(id)s, %(city)s, %(fleet)s, %(line)s, %(words)s, %(answered_by)s, %(answered_at)s)
ON CONFLICT DO NOTHING

-- name: insert_signed_sheet
INSERT INTO contract_sheet (sheet_id, city_id, fleet_id, month, signed_by, signed_at, document)
VALUES (%(id)s, %(city)s, %(fleet)s, %(month)s, %(signed_by)s, %(signed_at)s, %(document)s)
ON CONFLICT DO NOTHING
