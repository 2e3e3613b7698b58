-- name: list_absent
-- Of each truck the latest word holds, until somebody says otherwise.
SELECT truck_id FROM (
    SELECT DISTINCT ON (truck_id) truck_id, truck_there AND crew_there AS is_there FROM presence
    WHERE city_id = %(city)s AND said_at <= %(as_of)s
    ORDER BY truck_id, said_at DESC, number DESC
) AS latest
WHERE NOT is_there ORDER BY truck_id
