-- name: find_counted
-- The ledger's line that counts of a fleet's day.
SELECT document FROM savings_day WHERE city_id = %(city)s AND fleet_id = %(fleet)s AND day = %(day)s

-- name: find_next_plan
-- Of the next day that has a plan, within a week: the one that drivers have, else the newest.
SELECT p.plan_id FROM plan p LEFT JOIN dispatch_in_force d USING (plan_id, city_id, fleet_id, day)
WHERE p.city_id = %(city)s AND p.fleet_id = %(fleet)s AND p.day > %(day)s AND p.day <= %(day)s + 7
ORDER BY p.day, d.plan_id IS NULL, p.made_at DESC LIMIT 1
