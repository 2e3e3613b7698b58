-- name: list_presence
SELECT t.truck_id, coalesce(k.document ->> 'name', t.document ->> 'truck_class') AS class_name,
       coalesce((t.document ->> 'in_service')::boolean, true) AS in_service,
       left(t.document ->> 'shift_from', 5) AS shift_from, left(t.document ->> 'shift_to', 5) AS shift_to,
       p.truck_there, p.crew_there, p.reason, p.said_by, p.said_at
FROM truck t
LEFT JOIN registry_entry k ON (k.city_id, k.kind, k.entry_id) = (t.city_id, 'truck_class', t.document ->> 'truck_class')
LEFT JOIN LATERAL (
    SELECT truck_there, crew_there, reason, said_by, said_at FROM presence
    WHERE city_id = t.city_id AND truck_id = t.truck_id ORDER BY said_at DESC, number DESC LIMIT 1
) AS p ON true
WHERE t.city_id = %(city)s AND t.active AND t.fleet_id = %(fleet)s
ORDER BY 3 DESC, t.truck_id

-- name: count_said
SELECT count(*)::integer AS said FROM presence WHERE city_id = %(city)s AND presence_id = ANY (%(ids)s)
