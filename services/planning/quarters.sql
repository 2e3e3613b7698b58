-- name: count_emptyings_by_truck
-- By the crews' own word, in the weeks before a day, as it was known at an instant.
SELECT place AS container_id, truck_id, count(*) AS times FROM confirmation
WHERE city_id = %(city)s AND kind = 'stop' AND outcome = 'done' AND happened_at >= %(from)s AND happened_at < %(until)s
  AND received_at <= %(as_of)s
GROUP BY place, truck_id ORDER BY place, truck_id
