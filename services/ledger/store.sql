-- name: list_days_to_compute
-- Days that have begun and are marked: they have events that no line counts, or were not over at their last line. And
-- recent days whose line was reckoned with another arithmetic. A day under way changes with every position: its next
-- line waits for a while, unless another plan is in force. A mark is of a day, not of a fleet: each fleet that was sent
-- is looked at, and only a line that would say something else is written.
WITH asked AS (
    SELECT city_id, day FROM ledger_touched WHERE due_at <= %(now)s
    UNION
    SELECT d.city_id, d.day FROM dispatch d JOIN city c USING (city_id)
    WHERE d.day >= (%(now)s AT TIME ZONE c.timezone)::date - %(recent_days)s
)
SELECT a.city_id, a.day
FROM asked a
JOIN city c USING (city_id)
CROSS JOIN LATERAL (
    SELECT a.day::timestamp AT TIME ZONE c.timezone AS from_at,
           (a.day + 1)::timestamp AT TIME ZONE c.timezone AS until,
           a.day >= (%(now)s AT TIME ZONE c.timezone)::date - %(recent_days)s AS is_recent,
           EXISTS (SELECT FROM ledger_touched t
                   WHERE t.city_id = a.city_id AND t.day = a.day AND t.due_at <= %(now)s) AS is_touched
) AS at
CROSS JOIN LATERAL (
    SELECT count(*) AS fleets, bool_or(line.computation_id IS NULL) AS has_none,
           bool_or(line.arithmetic <> %(arithmetic)s) AS is_reckoned_otherwise,
           bool_or(line.plan_id IS DISTINCT FROM sent.plan_id) AS is_sent_again, max(line.computed_at) AS computed_at
    FROM (SELECT DISTINCT ON (fleet_id) fleet_id, plan_id FROM dispatch d
          WHERE d.city_id = a.city_id AND d.day = a.day AND d.dispatched_at < at.until
          ORDER BY fleet_id, dispatched_at DESC, dispatch_id) AS sent
    LEFT JOIN LATERAL (
        SELECT computation_id, s.computed_at, arithmetic, plan_id FROM savings_line s
        WHERE s.city_id = a.city_id AND s.fleet_id = sent.fleet_id AND s.day = a.day
        ORDER BY number DESC, s.computed_at DESC, computation_id LIMIT 1
    ) AS line ON true
) AS lines
WHERE at.from_at <= %(now)s
  AND CASE
      WHEN lines.fleets = 0 THEN at.is_touched  -- nothing was sent: the marks go, and that is all
      WHEN lines.has_none THEN true
      WHEN lines.is_reckoned_otherwise AND at.is_recent THEN true
      WHEN NOT at.is_touched THEN false
      ELSE at.until <= %(now)s OR lines.computed_at <= %(now)s - %(under_way)s OR lines.is_sent_again
      END
ORDER BY a.day, a.city_id

-- name: find_same_line
SELECT FROM savings_line
WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s AND computation_id = %(computation_id)s

-- name: ask_recount
-- Days of a period that have a line.
INSERT INTO ledger_touched (city_id, day, registry_version)
SELECT DISTINCT city_id, day, %(version)s::integer FROM savings_day
WHERE city_id = %(city)s AND day >= %(first)s AND day <= %(last)s

-- name: audit_recount
INSERT INTO audit (city_id, happened_at, who, what, detail)
VALUES (%(city)s, %(happened_at)s, %(who)s, 'days counted again', %(detail)s)

-- name: list_marks
SELECT touched_id, registry_version FROM ledger_touched WHERE city_id = %(city)s AND day = %(day)s AND due_at <= %(now)s ORDER BY touched_id

-- name: drop_marks
DELETE FROM ledger_touched WHERE touched_id = ANY(%(marks)s)

-- name: list_weighed
-- Loads of trips that emptied something on a day, by the containers that they were shared among.
SELECT sum(weight_kg) AS kg, array_agg(container_id ORDER BY container_id, emptied_at) AS containers
FROM weight_share
WHERE city_id = %(city)s AND emptied_at >= %(from)s AND emptied_at < %(until)s
  AND replaced_at IS NULL AND weighing_id IS NOT NULL
GROUP BY weighing_id ORDER BY weighing_id

-- name: find_city
SELECT document FROM city WHERE city_id = %(city)s

-- name: find_line
SELECT document FROM savings_day WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s

-- name: list_sent_fleets
-- Those that were sent before the day was over (what is sent later, nobody drives), each with a plan of it that has not
-- come yet, if there is one.
SELECT d.fleet_id, max(d.plan_id::text) FILTER (WHERE p.plan_id IS NULL)::uuid AS unstored_plan_id
FROM dispatch d LEFT JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.day = %(day)s AND d.dispatched_at < %(until)s
GROUP BY d.fleet_id ORDER BY d.fleet_id

-- name: list_sent_plans
SELECT p.document::text AS document, d.dispatched_at AS sent_at FROM dispatch d JOIN plan p USING (plan_id)
WHERE d.city_id = %(city)s AND d.fleet_id = %(fleet)s AND d.day = %(day)s AND d.dispatched_at < %(until)s
ORDER BY d.dispatched_at, d.dispatch_id DESC

-- name: list_followed_plans
-- Of plans that were not sent for the day, those that crews say they followed.
SELECT p.document::text AS document FROM plan p
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s
  AND p.plan_id IN (SELECT plan_id FROM confirmation
                    WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s)
  AND p.plan_id NOT IN (SELECT plan_id FROM dispatch WHERE city_id = %(city)s AND day = %(day)s)
ORDER BY p.made_at, p.plan_id

-- name: list_confirmations
SELECT truck_id AS truck, kind, place, outcome, happened_at, plan_id FROM confirmation
WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND happened_at >= %(from)s AND happened_at < %(until)s
ORDER BY happened_at, confirmation_id

-- name: count_emptyings
SELECT container_id, count(*) AS times FROM emptying
WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
GROUP BY container_id
