-- name: find_first_day
SELECT min(day) AS day FROM savings_day WHERE city_id = %(city)s

-- name: list_account
-- All evidence but readings and weights, of each container in the order of `place_in_time`, by what had come by then.
SELECT container_id, kind, happened_at, received_at, fill_ratio, weight_kg, reason, observation_id
FROM observation
WHERE city_id = %(city)s AND container_id IS NOT NULL AND kind IN ('emptied', 'seen', 'report')
  AND happened_at >= %(since)s AND happened_at < %(until)s AND received_at <= %(known_at)s
ORDER BY container_id, happened_at, kind = 'emptied', observation_id
