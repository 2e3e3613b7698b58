-- name: lock_city
SELECT pg_advisory_xact_lock(hashtextextended('tournee registry ' || %(city)s, 0))

-- name: find_city
SELECT document, basemap FROM city WHERE city_id = %(city)s

-- name: list_zones
SELECT zone_id, name, population, geometry FROM zone WHERE city_id = %(city)s

-- name: list_containers
SELECT container_id AS id, document FROM container WHERE city_id = %(city)s AND active

-- name: list_container_texts
SELECT container_id, document::text FROM container WHERE city_id = %(city)s AND active

-- name: list_trucks
SELECT truck_id AS id, document FROM truck WHERE city_id = %(city)s AND active

-- name: list_entries
SELECT kind, entry_id AS id, position, document FROM registry_entry WHERE city_id = %(city)s ORDER BY kind, position

-- name: put_city
INSERT INTO city (city_id, name, timezone, document, basemap, loaded_at)
VALUES (%(city)s, %(name)s, %(timezone)s, %(document)s, %(basemap)s, %(loaded_at)s)
ON CONFLICT (city_id) DO UPDATE SET name = excluded.name, timezone = excluded.timezone,
    document = excluded.document, basemap = excluded.basemap, loaded_at = excluded.loaded_at

-- name: put_zone
INSERT INTO zone (city_id, zone_id, name, population, geometry)
VALUES (%(city)s, %(id)s, %(name)s, %(population)s, %(geometry)s)
ON CONFLICT (city_id, zone_id) DO UPDATE SET name = excluded.name, population = excluded.population,
    geometry = excluded.geometry

-- name: put_container
INSERT INTO container (city_id, container_id, name, lon, lat, kind_id, zone_id, capacity_l, sensor, document, active)
VALUES (%(city)s, %(id)s, %(name)s, %(lon)s, %(lat)s, %(kind)s, %(zone)s, %(capacity_l)s, %(sensor)s, %(document)s, true)
ON CONFLICT (city_id, container_id) DO UPDATE SET name = excluded.name, lon = excluded.lon, lat = excluded.lat,
    kind_id = excluded.kind_id, zone_id = excluded.zone_id, capacity_l = excluded.capacity_l, sensor = excluded.sensor,
    document = excluded.document, active = true

-- name: rest_containers
UPDATE container SET active = false WHERE city_id = %(city)s AND container_id = ANY(%(ids)s)

-- name: move_resting_containers
-- An inactive container keeps its own zone in `document`; its column has only to name a zone that exists.
UPDATE container SET zone_id = %(to)s WHERE city_id = %(city)s AND NOT active AND zone_id = ANY(%(ids)s)

-- name: drop_zones
DELETE FROM zone WHERE city_id = %(city)s AND zone_id = ANY(%(ids)s)

-- name: put_truck
INSERT INTO truck (city_id, truck_id, document, active) VALUES (%(city)s, %(id)s, %(document)s, true)
ON CONFLICT (city_id, truck_id) DO UPDATE SET document = excluded.document, active = true

-- name: assign_containers
UPDATE container c SET fleet_id = a.fleet_id
FROM unnest(%(ids)s::text[], %(fleets)s::text[]) AS a (container_id, fleet_id)
WHERE c.city_id = %(city)s AND c.container_id = a.container_id AND c.fleet_id <> a.fleet_id

-- name: assign_trucks
UPDATE truck t SET fleet_id = a.fleet_id
FROM unnest(%(ids)s::text[], %(fleets)s::text[]) AS a (truck_id, fleet_id)
WHERE t.city_id = %(city)s AND t.truck_id = a.truck_id AND t.fleet_id <> a.fleet_id

-- name: rest_trucks
UPDATE truck SET active = false WHERE city_id = %(city)s AND truck_id = ANY(%(ids)s)

-- name: put_entry
INSERT INTO registry_entry (city_id, kind, entry_id, position, document)
VALUES (%(city)s, %(kind)s, %(id)s, %(position)s, %(document)s)
ON CONFLICT (city_id, kind, entry_id) DO UPDATE SET position = excluded.position, document = excluded.document

-- name: drop_entries
DELETE FROM registry_entry WHERE city_id = %(city)s AND kind = %(kind)s AND entry_id = ANY(%(ids)s)

-- name: add_audit
INSERT INTO audit (city_id, happened_at, who, what, detail)
VALUES (%(city)s, %(happened_at)s, %(who)s, %(what)s, %(detail)s)
