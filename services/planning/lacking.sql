-- name: find_coverage_known
-- The latest line of a finished day before the plan's, as it was known at an instant.
SELECT document::text AS document FROM coverage_line
WHERE city_id = %(city)s AND day < %(before)s AND day > %(after)s AND computed_at <= %(as_of)s
ORDER BY day DESC, computed_at DESC LIMIT 1

-- name: count_emptyings_known
-- By the crews' own word, in the week before the plan's day, as it was known at an instant.
SELECT place AS container_id, count(*) AS times FROM confirmation
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done' AND happened_at >= %(from)s AND happened_at < %(until)s
  AND received_at <= %(as_of)s
GROUP BY place
