-- What the public page alone reads: the ledger's lines that count, of days that are over.

-- name: list_savings_months
SELECT DISTINCT date_trunc('month', day)::date AS month FROM savings_day
WHERE city_id = %(city)s AND finished ORDER BY month

-- name: list_savings
SELECT document FROM savings_day
WHERE city_id = %(city)s AND finished
  AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
ORDER BY day

-- name: find_latest_savings
SELECT document FROM savings_day WHERE city_id = %(city)s AND finished ORDER BY day DESC LIMIT 1
