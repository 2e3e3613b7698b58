-- name: delete_day
DELETE FROM segment_passes WHERE city_id = %(city)s AND day = %(day)s

-- name: delete_days_before
DELETE FROM segment_passes WHERE city_id = %(city)s AND day < %(day)s

-- name: upsert_learned_day
INSERT INTO speeds_learned_day (city_id, day, learned_at, fixes, matched, passes)
VALUES (%(city)s, %(day)s, %(learned_at)s, %(fixes)s, %(matched)s, %(passes)s)
ON CONFLICT (city_id, day) DO UPDATE SET learned_at = excluded.learned_at, fixes = excluded.fixes,
    matched = excluded.matched, passes = excluded.passes

-- name: list_learned_days
SELECT day FROM speeds_learned_day WHERE city_id = %(city)s AND day >= %(since)s ORDER BY day

-- name: list_days_with_fixes
-- Of the given days, those with positions that were not learned yet.
SELECT d.day FROM unnest(%(days)s::date[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS d (day, begins, ends)
WHERE NOT EXISTS (SELECT FROM speeds_learned_day l WHERE l.city_id = %(city)s AND l.day = d.day)
  AND EXISTS (SELECT FROM position p WHERE p.city_id = %(city)s AND p.happened_at >= d.begins AND p.happened_at < d.ends)
ORDER BY d.day

-- name: list_medians
SELECT p.from_node, p.to_node, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.kmh)::float8 AS median_kmh,
       count(*)::int AS passes
FROM segment_passes p, unnest(p.speeds_kmh) AS s (kmh)
WHERE p.city_id = %(city)s AND p.profile = %(profile)s AND p.band = %(band)s AND p.day >= %(since)s
GROUP BY p.from_node, p.to_node
ORDER BY p.from_node, p.to_node
