-- name: upsert_planning_run
INSERT INTO planning_run AS run (request_id, city_id, fleet_id, day, state, happened_at, document)
VALUES (%(request_id)s, %(city)s, %(fleet)s, %(day)s, %(state)s, %(happened_at)s, %(document)s)
ON CONFLICT (request_id) DO UPDATE SET
    state = excluded.state, happened_at = excluded.happened_at, document = excluded.document
-- The page's "ordered" and the planner's news travel apart: an end is never undone by what comes late.
WHERE run.state NOT IN ('finished', 'failed') AND excluded.state <> 'ordered'

-- name: insert_plan
INSERT INTO plan (plan_id, city_id, fleet_id, day, made_at, status, circuits, stops, distance_m, fuel_l, document)
VALUES (%(plan_id)s, %(city)s, %(fleet)s, %(day)s, %(made_at)s, %(status)s, %(circuits)s, %(stops)s, %(distance_m)s,
        %(fuel_l)s, %(document)s)
ON CONFLICT DO NOTHING

-- name: insert_circuit
INSERT INTO circuit (plan_id, number, city_id, day, truck_id, distance_m, fuel_l, duty_s)
VALUES (%(plan_id)s, %(number)s, %(city)s, %(day)s, %(truck)s, %(distance_m)s, %(fuel_l)s, %(duty_s)s)
ON CONFLICT DO NOTHING

-- name: insert_stop
INSERT INTO stop (plan_id, number, sequence, kind, place, start_at, leave_at)
VALUES (%(plan_id)s, %(number)s, %(sequence)s, %(kind)s, %(place)s, %(start_at)s, %(leave_at)s)
ON CONFLICT DO NOTHING

-- name: insert_dispatch
INSERT INTO dispatch (dispatch_id, city_id, fleet_id, day, plan_id, dispatched_by, dispatched_at)
VALUES (%(dispatch_id)s, %(city)s, %(fleet)s, %(day)s, %(plan_id)s, %(dispatched_by)s, %(dispatched_at)s)
ON CONFLICT DO NOTHING

-- name: insert_confirmation
INSERT INTO confirmation (confirmation_id, city_id, fleet_id, truck_id, plan_id, kind, place, outcome, reason, fill_ratio_seen,
                          happened_at, received_at, driver)
VALUES (%(id)s, %(city)s, %(fleet)s, %(truck)s, %(plan_id)s, %(kind)s, %(place)s, %(outcome)s, %(reason)s,
        %(fill_ratio_seen)s, %(happened_at)s, %(received_at)s, %(driver)s)
ON CONFLICT DO NOTHING

-- name: touch_dispatched_days
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT * FROM unnest(%(cities)s::text[], %(days)s::date[])

-- name: touch_confirmed_days
-- The day of each confirmation, and those after it in whose period an emptying counts, up to today.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT c.city_id, later::date
FROM unnest(%(cities)s::text[], %(instants)s::timestamptz[]) AS said (city_id, happened_at)
JOIN city c USING (city_id)
CROSS JOIN LATERAL (
    SELECT (happened_at AT TIME ZONE timezone)::date AS day,
           (%(received_at)s::timestamptz AT TIME ZONE timezone)::date AS today,
           coalesce((document #>> '{service,period_days}')::integer, 7) AS period_days
) AS local
CROSS JOIN generate_series(day, greatest(day, least(today, day + period_days - 1)), interval '1 day') AS later

-- name: insert_savings_line
INSERT INTO savings_line (city_id, fleet_id, day, computation_id, number, computed_at, finished, arithmetic, plan_id,
                          registry_version, document)
VALUES (%(city)s, %(fleet)s, %(day)s, %(computation_id)s, %(number)s, %(computed_at)s, %(finished)s, %(arithmetic)s,
        %(plan_id)s, %(registry_version)s, %(document)s)
ON CONFLICT DO NOTHING

-- name: insert_coverage_line
INSERT INTO coverage_line (city_id, day, computation_id, computed_at, arithmetic, document)
VALUES (%(city)s, %(day)s, %(computation_id)s, %(computed_at)s, %(arithmetic)s, %(document)s)
ON CONFLICT DO NOTHING

-- name: touch_unfinished_day
-- A line of a day under way is not its last word: the ledger has to look again when the day is over.
INSERT INTO ledger_touched (city_id, day, due_at)
SELECT city_id, %(day)s, (%(day)s::date + 1)::timestamp AT TIME ZONE timezone FROM city
WHERE city_id = %(city)s AND NOT %(finished)s

-- name: insert_alert_seen
INSERT INTO alert_seen (confirmation_id, city_id, seen_by, seen_at)
VALUES (%(confirmation_id)s, %(city)s, %(seen_by)s, %(seen_at)s)
ON CONFLICT DO NOTHING

-- name: find_other_change
-- Of the same plan: it was changed already, by somebody else.
SELECT FROM plan_change WHERE parent_id = %(parent)s AND plan_id <> %(plan_id)s

-- name: insert_plan_change
INSERT INTO plan_change (plan_id, parent_id, root_id, city_id, fleet_id, day, changed_by, changed_at, document)
VALUES (%(plan_id)s, %(parent)s, %(root)s, %(city)s, %(fleet)s, %(day)s, %(changed_by)s, %(changed_at)s, %(document)s)
ON CONFLICT DO NOTHING
