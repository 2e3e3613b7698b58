-- What engines count in all their life (litres, metres, seconds), as trackers tell it: of each truck the latest of every
-- hour. What a day has burnt is the difference of two; it is reckoned when it is asked for, from what stands here.
CREATE TABLE truck_counter (
    city_id     text NOT NULL,
    truck_id    text NOT NULL,
    hour        timestamptz NOT NULL,     -- whole, UTC
    happened_at timestamptz NOT NULL,     -- of the latest message of it
    fuel_used_l double precision,
    odometer_m  double precision,
    engine_s    double precision,
    PRIMARY KEY (city_id, truck_id, hour)
);

-- From when on an engine counted these litres. Of a filling nobody knows better than the filling before it.
ALTER TABLE fuel_receipt ADD COLUMN since timestamptz CHECK (since < filled_at);
