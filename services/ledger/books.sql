-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('tournee ledger ' || %(city)s, 0))

-- name: find_same_baseline
SELECT version FROM ledger_baseline WHERE city_id = %(city)s AND sha256 = %(sha256)s ORDER BY version LIMIT 1

-- name: add_baseline
INSERT INTO ledger_baseline (city_id, version, made_at, made_by, sha256, document)
SELECT %(city)s, coalesce(max(version), 0) + 1, %(now)s, %(who)s, %(sha256)s, %(document)s
FROM ledger_baseline WHERE city_id = %(city)s
RETURNING version

-- name: list_baselines
SELECT b.version, b.made_at, b.made_by, b.sha256, b.document, a.valid_from, a.accepted_by, a.role, a.accepted_at
FROM ledger_baseline b LEFT JOIN ledger_baseline_accepted a USING (city_id, version)
WHERE b.city_id = %(city)s ORDER BY b.version

-- name: accept_baseline
INSERT INTO ledger_baseline_accepted (city_id, version, valid_from, accepted_by, role, accepted_at)
VALUES (%(city)s, %(version)s, %(valid_from)s, %(who)s, %(role)s, %(now)s)

-- name: find_accepted
-- The one that counts on a day: the latest whose days have begun. Or the version asked for.
SELECT a.version, a.valid_from, b.sha256, b.document::text AS text
FROM ledger_baseline_accepted a JOIN ledger_baseline b USING (city_id, version)
WHERE a.city_id = %(city)s AND a.valid_from <= %(day)s
ORDER BY a.valid_from DESC LIMIT 1

-- name: find_role
SELECT role FROM account WHERE city_id = %(city)s AND login = %(login)s

-- name: find_other_receipts
-- Those of the same numbers that say something else.
SELECT r.receipt_id FROM fuel_receipt r
JOIN unnest(%(receipts)s::text[], %(trucks)s::text[], %(instants)s::timestamptz[], %(litres)s::float8[])
     AS asked (receipt_id, truck_id, filled_at, fuel_l) USING (receipt_id)
WHERE r.city_id = %(city)s
  AND (r.truck_id, r.filled_at, r.fuel_l) IS DISTINCT FROM (asked.truck_id, asked.filled_at, asked.fuel_l)
ORDER BY r.receipt_id

-- name: find_overlapping
-- Other receipts of the same truck and instant.
SELECT r.receipt_id, r.truck_id, r.filled_at FROM fuel_receipt r
JOIN unnest(%(receipts)s::text[], %(trucks)s::text[], %(instants)s::timestamptz[], %(sources)s::text[])
     AS asked (receipt_id, truck_id, filled_at, source)
     ON (r.truck_id, r.filled_at, r.source) = (asked.truck_id, asked.filled_at, asked.source)
    AND r.receipt_id <> asked.receipt_id
WHERE r.city_id = %(city)s ORDER BY r.receipt_id

-- name: add_receipt
INSERT INTO fuel_receipt (city_id, receipt_id, truck_id, filled_at, fuel_l, odometer_km, source, since, loaded_at,
                          loaded_by)
VALUES (%(city)s, %(receipt)s, %(truck)s, %(filled_at)s, %(fuel_l)s, %(odometer_km)s, %(source)s, %(since)s, %(now)s,
        %(who)s)
ON CONFLICT DO NOTHING

-- name: list_receipts
SELECT receipt_id AS receipt, truck_id AS truck, filled_at, fuel_l, odometer_km, source, since FROM fuel_receipt
WHERE city_id = %(city)s AND (%(since)s::timestamptz IS NULL OR filled_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR filled_at <= %(until)s)
ORDER BY filled_at, receipt_id

-- name: list_counters
SELECT truck_id AS truck, happened_at AS at, fuel_used_l, odometer_m FROM truck_counter
WHERE city_id = %(city)s AND (%(since)s::timestamptz IS NULL OR hour >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR happened_at <= %(until)s)
ORDER BY truck_id, hour

-- name: list_lines
-- Those that count, of days that are over.
SELECT document FROM savings_day
WHERE city_id = %(city)s AND finished AND day BETWEEN %(first)s AND %(last)s ORDER BY day, fleet_id

-- name: add_calibration
INSERT INTO fuel_calibration (city_id, version, made_at, made_by, sha256, document)
SELECT %(city)s, coalesce(max(version), 0) + 1, %(now)s, %(who)s, %(sha256)s, %(document)s
FROM fuel_calibration WHERE city_id = %(city)s
RETURNING version

-- name: find_calibration
SELECT version, document FROM fuel_calibration
WHERE city_id = %(city)s AND (%(version)s::integer IS NULL OR version = %(version)s) ORDER BY version DESC LIMIT 1

-- name: add_event
INSERT INTO ledger_event (event_id, city_id, kind, first_day, last_day, remark, noted_by, noted_at)
VALUES (%(event_id)s, %(city)s, %(kind)s, %(first)s, %(last)s, %(remark)s, %(who)s, %(now)s)

-- name: list_events
SELECT kind, first_day, last_day, remark, noted_by, noted_at FROM ledger_event
WHERE city_id = %(city)s AND last_day >= %(first)s AND first_day <= %(last)s ORDER BY first_day, noted_at

-- name: ask_recount
-- Of the days of a period that have a line.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT city_id, day FROM savings_day WHERE city_id = %(city)s AND day BETWEEN %(first)s AND %(last)s

-- name: add_audit
INSERT INTO audit (city_id, happened_at, who, what, detail)
VALUES (%(city)s, %(now)s, %(who)s, %(what)s, %(detail)s)
