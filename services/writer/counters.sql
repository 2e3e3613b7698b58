-- name: put_counters
-- The latest of the hour; what that does not say, an earlier one of it does.
INSERT INTO truck_counter AS c (city_id, truck_id, hour, happened_at, fuel_used_l, odometer_m, engine_s)
VALUES (%(city)s, %(truck)s, %(hour)s, %(happened_at)s, %(fuel_used_l)s, %(odometer_m)s, %(engine_s)s)
ON CONFLICT (city_id, truck_id, hour) DO UPDATE SET
    fuel_used_l = CASE WHEN excluded.happened_at >= c.happened_at THEN coalesce(excluded.fuel_used_l, c.fuel_used_l)
                       ELSE coalesce(c.fuel_used_l, excluded.fuel_used_l) END,
    odometer_m = CASE WHEN excluded.happened_at >= c.happened_at THEN coalesce(excluded.odometer_m, c.odometer_m)
                      ELSE coalesce(c.odometer_m, excluded.odometer_m) END,
    engine_s = CASE WHEN excluded.happened_at >= c.happened_at THEN coalesce(excluded.engine_s, c.engine_s)
                    ELSE coalesce(c.engine_s, excluded.engine_s) END,
    happened_at = greatest(excluded.happened_at, c.happened_at)
