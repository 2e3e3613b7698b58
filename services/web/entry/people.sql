-- People of the office.

-- name: list_people
SELECT a.login, a.role, a.fleet_id, a.one_time_secret IS NOT NULL AS has_one_time, coalesce(s.sessions, 0) AS sessions,
       s.seen_at, i.subject
FROM account a
LEFT JOIN LATERAL (
    SELECT count(*)::integer AS sessions, max(seen_at) AS seen_at FROM login_session l
    WHERE (l.city_id, l.login) = (a.city_id, a.login) AND l.opened_at >= %(since)s
) s ON true
LEFT JOIN linked_identity i ON (i.city_id, i.login, i.issuer) = (a.city_id, a.login, %(issuer)s)
WHERE a.city_id = %(city)s AND a.role <> 'driver' AND (%(fleet)s::text IS NULL OR a.fleet_id = %(fleet)s)
ORDER BY a.role, a.login

-- name: end_all_sessions
DELETE FROM login_session WHERE city_id = %(city)s AND login = %(login)s
