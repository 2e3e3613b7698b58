-- What the public page alone reads: the ledger's lines that count, of days that are over.

-- name: list_savings_months
SELECT DISTINCT date_trunc('month', day)::date AS month FROM savings_day
WHERE city_id = %(city)s AND finished ORDER BY month

-- name: list_savings
SELECT document FROM savings_day
WHERE city_id = %(city)s AND finished
  AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
  AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s)
ORDER BY day, fleet_id

-- name: list_whole_days
-- Lines of days that are over for every fleet that was sent.
SELECT document FROM (
    SELECT document, day, fleet_id, bool_and(finished) OVER (PARTITION BY day) AS is_over FROM savings_day
    WHERE city_id = %(city)s
      AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
) AS lines WHERE is_over ORDER BY day, fleet_id

-- name: find_latest_whole_day
SELECT max(day) AS day FROM (
    SELECT day, bool_and(finished) AS is_over FROM savings_day WHERE city_id = %(city)s GROUP BY day
) AS days WHERE is_over
