-- What a contract sheet is made of: stored facts alone, so that anybody finds the same.

-- name: list_months
-- First days of the months in which something was sent to the fleet.
SELECT DISTINCT date_trunc('month', day)::date AS month FROM dispatch
WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day <= %(today)s ORDER BY month

-- name: list_versions
-- The registry by whose contract each day is measured: the latest that was loaded before the day was over.
SELECT day::date AS day, max(v.version) AS version
FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day
JOIN registry_version v ON v.city_id = %(city)s AND v.loaded_at < (day::date + 1)::timestamp AT TIME ZONE %(timezone)s
GROUP BY day

-- name: list_terms
-- Of one version, in the order of the file.
SELECT r.kind, r.document FROM registry_row r
LEFT JOIN registry_row o ON o.city_id = r.city_id AND o.kind = 'file_order' AND o.entry_id = r.kind
     AND o.from_version <= %(version)s AND (o.until_version IS NULL OR o.until_version > %(version)s)
WHERE r.city_id = %(city)s AND r.kind IN ('penalty', 'fleet')
  AND r.from_version <= %(version)s AND (r.until_version IS NULL OR r.until_version > %(version)s)
ORDER BY r.kind, array_position(ARRAY(SELECT jsonb_array_elements_text(o.document)), r.entry_id), r.entry_id

-- name: list_containers
-- Some containers as they were in a version.
SELECT document FROM registry_row
WHERE city_id = %(city)s AND kind = 'container' AND entry_id = ANY(%(ids)s)
  AND from_version <= %(version)s AND (until_version IS NULL OR until_version > %(version)s)

-- name: list_circuits
-- What each truck was asked for on days that are over, by the plans from the one with which the day began on: that in
-- force at the crews' first word. A container that a later plan leaves out was promised all the same; it is the truck's
-- that was last to have it. It is promised for the instant that the first of these plans says, and emptied by whoever.
-- `promised_at` is the last such instant of what was emptied; of all, where nothing was.
WITH sent AS (
    SELECT d.day, d.plan_id, d.dispatched_at, d.dispatch_id
    FROM dispatch d
    WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day BETWEEN %(first)s AND %(last)s
      AND d.dispatched_at < (d.day + 1)::timestamp AT TIME ZONE %(timezone)s
      AND (d.day + 1)::timestamp AT TIME ZONE %(timezone)s <= %(now)s
), said AS (
    SELECT p.day, c.place, c.outcome, c.reason, c.happened_at, c.confirmation_id
    FROM plan p JOIN confirmation c USING (plan_id)
    WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day BETWEEN %(first)s AND %(last)s AND c.kind = 'stop'
), began AS (
    SELECT sent.day, coalesce(max(sent.dispatched_at) FILTER (WHERE first.at IS NULL OR sent.dispatched_at <= first.at),
                              min(sent.dispatched_at)) AS at
    FROM sent LEFT JOIN (SELECT day, min(happened_at) AS at FROM said GROUP BY day) AS first USING (day)
    GROUP BY sent.day
), counted AS (
    SELECT sent.* FROM sent JOIN began USING (day) WHERE sent.dispatched_at >= began.at
), asked AS (
    SELECT counted.day, counted.plan_id, counted.dispatched_at, counted.dispatch_id, c.number, c.truck_id, s.place,
           s.leave_at
    FROM counted JOIN circuit c USING (plan_id) JOIN stop s ON s.plan_id = c.plan_id AND s.number = c.number
    WHERE s.kind = 'stop'
), last_asked AS (
    SELECT DISTINCT ON (day, place) day, place, truck_id, plan_id, number, dispatched_at FROM asked
    ORDER BY day, place, dispatched_at DESC, dispatch_id
), promised AS (
    SELECT DISTINCT ON (day, place) day, place, leave_at FROM asked ORDER BY day, place, dispatched_at, dispatch_id DESC
), emptied AS (
    SELECT day, place, min(happened_at) AS at FROM said WHERE outcome = 'done' GROUP BY day, place
), last_word AS (
    SELECT DISTINCT ON (day, place) day, place, reason FROM said ORDER BY day, place, happened_at DESC, confirmation_id
)
SELECT l.day, l.truck_id AS truck, (array_agg(l.plan_id ORDER BY l.dispatched_at DESC))[1] AS plan_id,
       (array_agg(l.number ORDER BY l.dispatched_at DESC))[1] AS number, count(*)::integer AS stops,
       count(e.at)::integer AS emptied, max(e.at) AS last_emptied_at,
       coalesce(max(p.leave_at) FILTER (WHERE e.at IS NOT NULL), max(p.leave_at)) AS promised_at,
       coalesce(jsonb_agg(jsonb_build_array(l.place, w.reason) ORDER BY p.leave_at, l.place) FILTER (WHERE e.at IS NULL),
                '[]') AS missed
FROM last_asked l
JOIN promised p USING (day, place)
LEFT JOIN emptied e USING (day, place)
LEFT JOIN last_word w USING (day, place)
GROUP BY l.day, l.truck_id ORDER BY l.day, l.truck_id

-- name: list_lines
-- The ledger's line that counts of each day that is over: its kilometres, and the trucks that GPS did not cover.
SELECT s.day, (s.document ->> 'computation_id')::uuid AS line, (s.document #>> '{driven,distance_m}')::float8 AS driven_m,
       ARRAY(SELECT w ->> 'truck' FROM jsonb_array_elements(coalesce(s.document -> 'works', '[]')) AS w
             WHERE NOT (w ->> 'is_measured')::boolean) AS unmeasured
FROM savings_day s
WHERE s.city_id = %(city)s AND s.fleet_id = %(fleet)s AND s.day BETWEEN %(first)s AND %(last)s
  AND (s.document ->> 'finished')::boolean
ORDER BY s.day

-- name: list_planned
-- Kilometres of the plan in force at the end of each day that is over.
SELECT DISTINCT ON (d.day) d.day, p.distance_m FROM dispatch d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day BETWEEN %(first)s AND %(last)s
  AND d.dispatched_at < (d.day + 1)::timestamp AT TIME ZONE %(timezone)s
  AND (d.day + 1)::timestamp AT TIME ZONE %(timezone)s <= %(now)s
ORDER BY d.day, d.dispatched_at DESC, d.dispatch_id

-- name: list_over_rim
-- Readings at the rim and above, with what first came after each: found by the days of which the rollup says that a
-- container was so full.
SELECT r.container_id AS container, r.happened_at, r.fill_ratio, emptied.at AS emptied_at, fell.at AS fell_at
FROM reading_day d
JOIN reading r ON r.city_id = d.city_id AND r.container_id = d.container_id
     AND r.happened_at >= d.day::timestamp AT TIME ZONE %(timezone)s
     AND r.happened_at < (d.day + 1)::timestamp AT TIME ZONE %(timezone)s
LEFT JOIN LATERAL (
    SELECT o.happened_at AS at FROM observation o
    WHERE o.city_id = r.city_id AND o.container_id = r.container_id AND o.kind = 'emptied'
      AND o.happened_at > r.happened_at
    ORDER BY o.happened_at LIMIT 1
) AS emptied ON true
LEFT JOIN LATERAL (
    SELECT f.happened_at AS at FROM reading f
    WHERE f.city_id = r.city_id AND f.container_id = r.container_id AND f.happened_at > r.happened_at
      AND f.happened_at <= r.happened_at + %(longest)s AND f.fill_ratio < %(room)s
    ORDER BY f.happened_at LIMIT 1
) AS fell ON true
WHERE d.city_id = %(city)s AND d.day BETWEEN %(since)s AND %(until)s AND d.max_fill_ratio >= %(rim)s
  AND r.fill_ratio >= %(rim)s
ORDER BY r.container_id, r.happened_at

-- name: list_answers
SELECT answer_id AS id, city_id AS city, fleet_id AS fleet, line_id AS line, words, answered_by, answered_at
FROM penalty_answer WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND line_id = ANY(%(lines)s)
ORDER BY answered_at, answer_id

-- name: list_signed
SELECT document FROM contract_sheet WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND month = %(month)s
ORDER BY signed_at, sheet_id

-- name: list_noted
SELECT day::date AS day, array_agg(DISTINCT kind ORDER BY kind) AS kinds
FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day
JOIN ledger_event e ON e.city_id = %(city)s AND day::date BETWEEN e.first_day AND e.last_day
GROUP BY day

-- name: find_answer
SELECT FROM penalty_answer WHERE answer_id = %(answer)s

-- name: find_signed
SELECT FROM contract_sheet WHERE sheet_id = %(sheet)s
