-- Scope is (city, fleet, day). What was kept before there were fleets is of the only one, 'main'.

-- The fleets of each city; one that names none has one that bears its name.
CREATE VIEW fleet AS
SELECT city_id, entry_id AS fleet_id, document, position FROM registry_entry WHERE kind = 'fleet'
UNION ALL
SELECT city_id, 'main', jsonb_build_object('id', 'main', 'name', name), 0 FROM city c
WHERE NOT EXISTS (SELECT FROM registry_entry e WHERE e.city_id = c.city_id AND e.kind = 'fleet');

-- Whose each one is, by the rules of its folder, worked out when it was loaded.
ALTER TABLE container ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';
ALTER TABLE truck ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';

ALTER TABLE planning_run ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';
ALTER TABLE plan ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';
ALTER TABLE dispatch ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';
ALTER TABLE confirmation ADD COLUMN fleet_id text NOT NULL DEFAULT 'main';

-- The latest plan of a fleet and day, its latest dispatch.
DROP INDEX plan_city_id_day_made_at_idx;
CREATE INDEX ON plan (city_id, day, fleet_id, made_at DESC);
DROP INDEX dispatch_city_id_day_dispatched_at_idx;
CREATE INDEX ON dispatch (city_id, day, fleet_id, dispatched_at DESC);

-- The dispatch in force, one row a city, fleet and day.
DROP VIEW dispatch_in_force;
CREATE VIEW dispatch_in_force AS
SELECT DISTINCT ON (city_id, fleet_id, day) city_id, fleet_id, day, plan_id, dispatch_id, dispatched_by, dispatched_at
FROM dispatch ORDER BY city_id, fleet_id, day, dispatched_at DESC, dispatch_id;

DROP VIEW container_now;
CREATE VIEW container_now AS
SELECT c.city_id, c.container_id, c.name, c.lon, c.lat, c.kind_id, c.zone_id, c.fleet_id, c.capacity_l, c.sensor,
       s.fill_ratio, s.fill_at, s.battery_ratio, s.last_emptied_at
FROM container c LEFT JOIN container_state s USING (city_id, container_id)
WHERE c.active;
