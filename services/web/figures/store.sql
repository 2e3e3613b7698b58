-- What several faces read. Each query names one city, so that no page can show another's data.

-- name: list_cities
SELECT city_id, name, document FROM city ORDER BY name, city_id

-- name: find_city
SELECT document FROM city WHERE city_id = %(city)s

-- name: find_basemap
SELECT basemap, loaded_at FROM city WHERE city_id = %(city)s

-- name: list_lines_avoided
SELECT street -> 'line' AS line FROM plan p, jsonb_array_elements(p.document -> 'closed_streets') AS street
WHERE p.city_id = %(city)s AND p.plan_id = %(plan)s AND (street ->> 'avoided')::boolean

-- name: list_zones
SELECT zone_id, name, population, geometry FROM zone WHERE city_id = %(city)s ORDER BY name, zone_id

-- name: find_container_names
SELECT c.container_id, c.name, z.name AS zone_name FROM container c JOIN zone z USING (city_id, zone_id)
WHERE c.city_id = %(city)s AND c.active AND c.container_id = ANY(%(ids)s)

-- name: list_entries
SELECT document FROM registry_entry WHERE city_id = %(city)s AND kind = %(kind)s ORDER BY position

-- name: list_trucks
SELECT truck_id, document FROM truck
WHERE city_id = %(city)s AND active AND (%(fleet)s::text IS NULL OR fleet_id = %(fleet)s) ORDER BY truck_id

-- name: find_fleet_of_plan
SELECT fleet_id FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: find_circuit
SELECT day, document->>'roads' AS roads,
       jsonb_path_query_first(document, '$.circuits[*] ? (@.number == $number)',
                              jsonb_build_object('number', %(number)s::integer))::text AS circuit
FROM plan WHERE plan_id = %(plan)s AND city_id = %(city)s

-- name: find_coverage
SELECT document FROM coverage_line WHERE city_id = %(city)s ORDER BY day DESC, computed_at DESC LIMIT 1
