-- What dashboards and reports read (Grafana, a spreadsheet, a city's warehouse): views with names that stay, every column
-- explained, no login, no driver, no track, no key. docs/bi.md is their document. Columns may be added; none changes its
-- meaning. They stand on tables alone, so that other views may be made anew.

CREATE VIEW bi_city AS
SELECT city_id, name AS city, timezone, document->>'currency' AS currency,
       coalesce((document->>'simulated')::boolean, false) AS simulated
FROM city;

CREATE VIEW bi_zone AS
SELECT city_id, zone_id, name AS zone, population FROM zone;

CREATE VIEW bi_container AS
SELECT c.city_id, c.container_id, c.name AS container, c.zone_id, z.name AS zone, c.kind_id,
       coalesce(c.document->>'stream', 'residual') AS stream, c.fleet_id, c.capacity_l, c.lon, c.lat,
       c.sensor AS has_sensor, c.active AS in_service, s.fill_ratio, s.fill_at, s.battery_ratio, s.last_emptied_at
FROM container c
JOIN zone z USING (city_id, zone_id)
LEFT JOIN container_state s USING (city_id, container_id);

CREATE VIEW bi_reading_day AS
SELECT d.city_id, d.day, d.container_id, c.zone_id, d.readings, d.min_fill_ratio, d.max_fill_ratio, d.mean_fill_ratio,
       d.last_fill_ratio, d.min_battery_ratio
FROM reading_day d LEFT JOIN container c USING (city_id, container_id);

CREATE VIEW bi_plan AS
SELECT p.plan_id, p.city_id, p.fleet_id, p.day, p.made_at, p.status, p.circuits, p.stops,
       p.distance_m / 1000 AS distance_km, p.fuel_l,
       (p.document->'baseline'->>'distance_m')::double precision / 1000 AS baseline_distance_km,
       (p.document->'baseline'->>'fuel_l')::double precision AS baseline_fuel_l,
       d.dispatched_at AS sent_at,
       d.dispatched_at IS NOT NULL AND NOT EXISTS (
           SELECT FROM dispatch o
           WHERE (o.city_id, o.fleet_id, o.day) = (p.city_id, p.fleet_id, p.day) AND o.plan_id <> p.plan_id
             AND o.dispatched_at > d.dispatched_at
       ) AS in_force
FROM plan p
LEFT JOIN LATERAL (
    SELECT max(dispatched_at) AS dispatched_at FROM dispatch d
    WHERE (d.city_id, d.day, d.fleet_id, d.plan_id) = (p.city_id, p.day, p.fleet_id, p.plan_id)
) AS d ON true;

CREATE VIEW bi_circuit AS
SELECT c.plan_id, c.number, c.city_id, p.fleet_id, c.day, c.truck_id,
       (SELECT count(*) FROM stop s WHERE (s.plan_id, s.number) = (c.plan_id, c.number) AND s.kind = 'stop') AS stops,
       c.distance_m / 1000 AS distance_km, c.fuel_l, c.duty_s / 3600 AS duty_h
FROM circuit c JOIN plan p USING (plan_id);

CREATE VIEW bi_visit AS
SELECT v.confirmation_id AS visit_id, v.city_id, v.fleet_id, v.plan_id, v.truck_id, v.kind, v.place AS place_id,
       c.zone_id, v.outcome, v.reason, v.fill_ratio_seen, v.happened_at,
       (v.happened_at AT TIME ZONE coalesce(y.timezone, 'UTC'))::date AS day,
       v.received_at - v.happened_at AS told_after
FROM confirmation v
LEFT JOIN city y USING (city_id)
LEFT JOIN container c ON v.kind = 'stop' AND (c.city_id, c.container_id) = (v.city_id, v.place);

CREATE VIEW bi_saving AS
SELECT city_id, fleet_id, day, finished, computed_at,
       (document->'driven'->>'circuits')::integer AS driven_circuits,
       (document->'driven'->>'stops')::integer AS driven_stops,
       (document->'driven'->>'distance_m')::double precision / 1000 AS driven_distance_km,
       (document->'driven'->>'fuel_l')::double precision AS driven_fuel_l,
       document->>'driven_from' AS driven_from,
       (document->'baseline'->>'circuits')::integer AS baseline_circuits,
       (document->'baseline'->>'stops')::integer AS baseline_stops,
       (document->'baseline'->>'distance_m')::double precision / 1000 AS baseline_distance_km,
       (document->'baseline'->>'fuel_l')::double precision AS baseline_fuel_l,
       (document->>'fuel_saved_l')::double precision AS fuel_saved_l,
       (document->>'co2e_saved_kg')::double precision AS co2e_saved_kg,
       (document->>'money_saved')::double precision AS money_saved,
       document->>'currency' AS currency,
       (document->>'population')::integer AS population,
       (document->>'served_people')::double precision AS served_people,
       coalesce(jsonb_array_length(document->'provisional'), 0) > 0 AS provisional,
       (document->>'simulated')::boolean AS simulated
FROM (
    SELECT DISTINCT ON (city_id, fleet_id, day) * FROM savings_line
    ORDER BY city_id, fleet_id, day, number DESC, computed_at DESC, computation_id
) AS line;

CREATE VIEW bi_zone_day AS
SELECT line.city_id, line.fleet_id, line.day, zone->>'zone' AS zone_id,
       (zone->>'population')::integer AS population, (zone->>'containers')::integer AS containers,
       (zone->>'containers_served')::integer AS containers_served,
       (zone->>'served_people')::double precision AS served_people,
       (zone->>'fuel_saved_l')::double precision AS fuel_saved_l
FROM (
    SELECT DISTINCT ON (city_id, fleet_id, day) * FROM savings_line
    ORDER BY city_id, fleet_id, day, number DESC, computed_at DESC, computation_id
) AS line
CROSS JOIN LATERAL jsonb_array_elements(line.document->'zones') AS zone
WHERE line.finished;

COMMENT ON VIEW bi_city IS 'the cities of this installation';
COMMENT ON COLUMN bi_city.city_id IS 'id of the city';
COMMENT ON COLUMN bi_city.city IS 'its name';
COMMENT ON COLUMN bi_city.timezone IS 'of the IANA database; days of all views are this clock''s';
COMMENT ON COLUMN bi_city.currency IS 'ISO 4217';
COMMENT ON COLUMN bi_city.simulated IS 'whether all of its figures are simulated: say so wherever they are shown';

COMMENT ON VIEW bi_zone IS 'districts';
COMMENT ON COLUMN bi_zone.city_id IS 'id of the city';
COMMENT ON COLUMN bi_zone.zone_id IS 'id of the district within the city';
COMMENT ON COLUMN bi_zone.zone IS 'its name';
COMMENT ON COLUMN bi_zone.population IS 'people who live there';

COMMENT ON VIEW bi_container IS 'containers, with the latest that is known of each';
COMMENT ON COLUMN bi_container.city_id IS 'id of the city';
COMMENT ON COLUMN bi_container.container_id IS 'id of the container within the city';
COMMENT ON COLUMN bi_container.container IS 'its name';
COMMENT ON COLUMN bi_container.zone_id IS 'its district';
COMMENT ON COLUMN bi_container.zone IS 'the district''s name';
COMMENT ON COLUMN bi_container.kind_id IS 'its kind, of container_kinds.csv';
COMMENT ON COLUMN bi_container.stream IS 'kind of waste';
COMMENT ON COLUMN bi_container.fleet_id IS 'the fleet that serves it';
COMMENT ON COLUMN bi_container.capacity_l IS 'litres';
COMMENT ON COLUMN bi_container.lon IS 'degrees east, WGS 84';
COMMENT ON COLUMN bi_container.lat IS 'degrees north, WGS 84';
COMMENT ON COLUMN bi_container.has_sensor IS 'whether the city says that it has one';
COMMENT ON COLUMN bi_container.in_service IS 'false: it is no longer in the city''s files';
COMMENT ON COLUMN bi_container.fill_ratio IS 'share of its volume by the last reading; up to 1.2, heaped over the rim';
COMMENT ON COLUMN bi_container.fill_at IS 'when that was measured';
COMMENT ON COLUMN bi_container.battery_ratio IS 'of its sensor, 0 to 1';
COMMENT ON COLUMN bi_container.last_emptied_at IS 'by a crew''s word';

COMMENT ON VIEW bi_reading_day IS 'what sensors told, by container and day; stays when raw readings are dropped';
COMMENT ON COLUMN bi_reading_day.city_id IS 'id of the city';
COMMENT ON COLUMN bi_reading_day.day IS 'the city''s own';
COMMENT ON COLUMN bi_reading_day.container_id IS 'id of the container';
COMMENT ON COLUMN bi_reading_day.zone_id IS 'its district now';
COMMENT ON COLUMN bi_reading_day.readings IS 'how many';
COMMENT ON COLUMN bi_reading_day.min_fill_ratio IS 'least share of the volume';
COMMENT ON COLUMN bi_reading_day.max_fill_ratio IS 'greatest share: 1 and more is an overflow';
COMMENT ON COLUMN bi_reading_day.mean_fill_ratio IS 'mean of the readings, not of time';
COMMENT ON COLUMN bi_reading_day.last_fill_ratio IS 'the day''s last';
COMMENT ON COLUMN bi_reading_day.min_battery_ratio IS 'of the sensor, 0 to 1';

COMMENT ON VIEW bi_plan IS 'plans, also those that were never sent';
COMMENT ON COLUMN bi_plan.plan_id IS 'id of the plan';
COMMENT ON COLUMN bi_plan.city_id IS 'id of the city';
COMMENT ON COLUMN bi_plan.fleet_id IS 'the trucks that are planned together';
COMMENT ON COLUMN bi_plan.day IS 'the day that is planned, the city''s own';
COMMENT ON COLUMN bi_plan.made_at IS 'when it was made';
COMMENT ON COLUMN bi_plan.status IS 'planned, nothing_due, no_truck, disposal_closed';
COMMENT ON COLUMN bi_plan.circuits IS 'how many trucks drive';
COMMENT ON COLUMN bi_plan.stops IS 'containers to empty';
COMMENT ON COLUMN bi_plan.distance_km IS 'planned';
COMMENT ON COLUMN bi_plan.fuel_l IS 'litres, by the fuel model';
COMMENT ON COLUMN bi_plan.baseline_distance_km IS 'of the fixed circuits that day, estimated; empty: none are described';
COMMENT ON COLUMN bi_plan.baseline_fuel_l IS 'the same in litres';
COMMENT ON COLUMN bi_plan.sent_at IS 'when it was last sent to the drivers; empty: never';
COMMENT ON COLUMN bi_plan.in_force IS 'whether it is the last that was sent of its fleet and day';

COMMENT ON VIEW bi_circuit IS 'circuits of plans: one truck''s duty of a day';
COMMENT ON COLUMN bi_circuit.plan_id IS 'id of the plan';
COMMENT ON COLUMN bi_circuit.number IS 'place among the plan''s circuits, from 1';
COMMENT ON COLUMN bi_circuit.city_id IS 'id of the city';
COMMENT ON COLUMN bi_circuit.fleet_id IS 'the fleet';
COMMENT ON COLUMN bi_circuit.day IS 'the day that is planned';
COMMENT ON COLUMN bi_circuit.truck_id IS 'the truck';
COMMENT ON COLUMN bi_circuit.stops IS 'containers to empty';
COMMENT ON COLUMN bi_circuit.distance_km IS 'planned';
COMMENT ON COLUMN bi_circuit.fuel_l IS 'litres, by the fuel model';
COMMENT ON COLUMN bi_circuit.duty_h IS 'hours from leaving the depot to coming back';

COMMENT ON VIEW bi_visit IS 'what crews said of places on their circuits; those that count';
COMMENT ON COLUMN bi_visit.visit_id IS 'id of the crew''s word';
COMMENT ON COLUMN bi_visit.city_id IS 'id of the city';
COMMENT ON COLUMN bi_visit.fleet_id IS 'the fleet of the plan that was driven';
COMMENT ON COLUMN bi_visit.plan_id IS 'that plan';
COMMENT ON COLUMN bi_visit.truck_id IS 'the truck';
COMMENT ON COLUMN bi_visit.kind IS 'stop: at a container; disposal: at a disposal site';
COMMENT ON COLUMN bi_visit.place_id IS 'the container or disposal site';
COMMENT ON COLUMN bi_visit.zone_id IS 'the container''s district now; empty for disposal sites';
COMMENT ON COLUMN bi_visit.outcome IS 'done: emptied; skipped: left as it was';
COMMENT ON COLUMN bi_visit.reason IS 'why it was left: blocked, not_found, not_full, damaged, burning, truck_full, other';
COMMENT ON COLUMN bi_visit.fill_ratio_seen IS 'level that the crew saw, where it said one';
COMMENT ON COLUMN bi_visit.happened_at IS 'on the crew''s phone';
COMMENT ON COLUMN bi_visit.day IS 'the city''s own, of happened_at';
COMMENT ON COLUMN bi_visit.told_after IS 'how long the phone was without network, an interval';

COMMENT ON VIEW bi_saving IS 'the ledger: of each fleet and day the line that counts';
COMMENT ON COLUMN bi_saving.city_id IS 'id of the city';
COMMENT ON COLUMN bi_saving.fleet_id IS 'the fleet';
COMMENT ON COLUMN bi_saving.day IS 'the city''s own';
COMMENT ON COLUMN bi_saving.finished IS 'whether the day was over: sum up finished days alone';
COMMENT ON COLUMN bi_saving.computed_at IS 'when the line was written';
COMMENT ON COLUMN bi_saving.driven_circuits IS 'trucks that drove';
COMMENT ON COLUMN bi_saving.driven_stops IS 'containers emptied, by the crews'' word';
COMMENT ON COLUMN bi_saving.driven_distance_km IS 'by GPS where it covers the day, else the plan''s estimate';
COMMENT ON COLUMN bi_saving.driven_fuel_l IS 'litres, by the fuel model';
COMMENT ON COLUMN bi_saving.driven_from IS 'gps or plan: where the kilometres come from';
COMMENT ON COLUMN bi_saving.baseline_circuits IS 'of the fixed circuits that day; empty: none are described';
COMMENT ON COLUMN bi_saving.baseline_stops IS 'containers that they would have emptied';
COMMENT ON COLUMN bi_saving.baseline_distance_km IS 'that they would have driven, estimated';
COMMENT ON COLUMN bi_saving.baseline_fuel_l IS 'litres that they would have burned, by the same model';
COMMENT ON COLUMN bi_saving.fuel_saved_l IS 'litres; below zero: more was burned; empty: nothing to compare with';
COMMENT ON COLUMN bi_saving.co2e_saved_kg IS 'kilograms of CO2e at the tailpipe';
COMMENT ON COLUMN bi_saving.money_saved IS 'price of the litres, fuel alone';
COMMENT ON COLUMN bi_saving.currency IS 'of money_saved, ISO 4217';
COMMENT ON COLUMN bi_saving.population IS 'people in the districts of the line';
COMMENT ON COLUMN bi_saving.served_people IS 'of these, served by the city''s rule';
COMMENT ON COLUMN bi_saving.provisional IS 'whether something is still to be accepted or calibrated: docs/ledger.md';
COMMENT ON COLUMN bi_saving.simulated IS 'whether the figures are simulated';

COMMENT ON VIEW bi_zone_day IS 'the ledger by district, of days that are over';
COMMENT ON COLUMN bi_zone_day.city_id IS 'id of the city';
COMMENT ON COLUMN bi_zone_day.fleet_id IS 'the fleet whose day it is; several may serve one district';
COMMENT ON COLUMN bi_zone_day.day IS 'the city''s own';
COMMENT ON COLUMN bi_zone_day.zone_id IS 'the district';
COMMENT ON COLUMN bi_zone_day.population IS 'people who live there';
COMMENT ON COLUMN bi_zone_day.containers IS 'of the fleet in the district';
COMMENT ON COLUMN bi_zone_day.containers_served IS 'of these, emptied often enough by the city''s rule';
COMMENT ON COLUMN bi_zone_day.served_people IS 'people served, by the share of containers';
COMMENT ON COLUMN bi_zone_day.fuel_saved_l IS 'the district''s part of the day''s saving; empty: none can be told';
