-- The store: registry, telemetry, plans, ledger. Every key starts with the city.
-- Runs on plain PostgreSQL; where TimescaleDB is there, 0002 turns telemetry into hypertables.

CREATE TABLE city (
    city_id    text PRIMARY KEY,
    name       text NOT NULL,
    timezone   text NOT NULL,
    document   jsonb NOT NULL,            -- city.toml, whole
    basemap    jsonb,
    loaded_at  timestamptz NOT NULL
);

CREATE TABLE zone (
    city_id    text NOT NULL REFERENCES city,
    zone_id    text NOT NULL,
    name       text NOT NULL,
    population integer NOT NULL,
    geometry   jsonb NOT NULL,            -- GeoJSON
    PRIMARY KEY (city_id, zone_id)
);

CREATE TABLE container (
    city_id      text NOT NULL REFERENCES city,
    container_id text NOT NULL,
    name         text NOT NULL,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    kind_id      text NOT NULL,
    zone_id      text NOT NULL,
    capacity_l   double precision NOT NULL,
    sensor       boolean NOT NULL,
    document     jsonb NOT NULL,          -- the row of containers.csv
    active       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (city_id, container_id),
    FOREIGN KEY (city_id, zone_id) REFERENCES zone
);

CREATE TABLE truck (
    city_id  text NOT NULL REFERENCES city,
    truck_id text NOT NULL,
    document jsonb NOT NULL,
    active   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (city_id, truck_id)
);

-- Rows that are only read whole, by kind: truck_class, container_kind, depot, disposal_site, baseline_stop.
CREATE TABLE registry_entry (
    city_id  text NOT NULL REFERENCES city,
    kind     text NOT NULL,
    entry_id text NOT NULL,
    position integer NOT NULL,            -- order in the file
    document jsonb NOT NULL,
    PRIMARY KEY (city_id, kind, entry_id)
);

CREATE TABLE audit (
    audit_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city_id     text NOT NULL,
    happened_at timestamptz NOT NULL,
    who         text NOT NULL,
    what        text NOT NULL,
    detail      jsonb NOT NULL
);

CREATE TABLE account (
    city_id         text NOT NULL REFERENCES city,
    login           text NOT NULL,
    role            text NOT NULL CHECK (role IN ('operator', 'driver', 'municipality')),
    password_hash   text NOT NULL,        -- Argon2id
    truck_id        text,                 -- a driver's truck
    failed_attempts integer NOT NULL DEFAULT 0,
    locked_until    timestamptz,
    session_epoch   integer NOT NULL DEFAULT 1,  -- raised to end every session of the account
    PRIMARY KEY (city_id, login),
    CHECK ((role = 'driver') = (truck_id IS NOT NULL))
);

CREATE TABLE reading (
    city_id       text NOT NULL,
    container_id  text NOT NULL,
    happened_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    fill_ratio    real NOT NULL,
    battery_ratio real,
    temperature_c real,
    PRIMARY KEY (city_id, container_id, happened_at)
);

CREATE TABLE position (
    city_id     text NOT NULL,
    truck_id    text NOT NULL,
    happened_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    lon         double precision NOT NULL,
    lat         double precision NOT NULL,
    speed_kmh   real,
    heading_deg real,
    accuracy_m  real,
    PRIMARY KEY (city_id, truck_id, happened_at)
);

CREATE TABLE rejected (
    rejected_id uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    reason      text NOT NULL,
    detail      text NOT NULL,
    mqtt_topic  text NOT NULL,
    payload     bytea NOT NULL
);
CREATE INDEX ON rejected (received_at);

-- The latest of each container, so that the planner never scans history. The sums run over the readings since the last
-- emptying, with x = days since fill_epoch and y = fill ratio: enough for a least-squares line.
CREATE TABLE container_state (
    city_id          text NOT NULL,
    container_id     text NOT NULL,
    fill_ratio       real,
    fill_at          timestamptz,
    battery_ratio    real,
    last_emptied_at  timestamptz,
    fill_epoch       timestamptz,
    readings         integer NOT NULL DEFAULT 0,
    sum_x            double precision NOT NULL DEFAULT 0,
    sum_y            double precision NOT NULL DEFAULT 0,
    sum_xx           double precision NOT NULL DEFAULT 0,
    sum_xy           double precision NOT NULL DEFAULT 0,
    usual_fill_per_day double precision,      -- from earlier cycles, exponentially weighted
    PRIMARY KEY (city_id, container_id)
);

CREATE TABLE truck_state (
    city_id     text NOT NULL,
    truck_id    text NOT NULL,
    happened_at timestamptz NOT NULL,
    lon         double precision NOT NULL,
    lat         double precision NOT NULL,
    speed_kmh   real,
    heading_deg real,
    PRIMARY KEY (city_id, truck_id)
);

CREATE TABLE planning_run (
    request_id   uuid PRIMARY KEY,
    city_id      text NOT NULL,
    day          date NOT NULL,
    state        text NOT NULL,
    happened_at  timestamptz NOT NULL,
    document     jsonb NOT NULL            -- the latest PlanningProgressed
);
CREATE INDEX ON planning_run (city_id, happened_at DESC);

CREATE TABLE plan (
    plan_id    uuid PRIMARY KEY,
    city_id    text NOT NULL,
    day        date NOT NULL,
    made_at    timestamptz NOT NULL,
    status     text NOT NULL,
    circuits   integer NOT NULL,
    stops      integer NOT NULL,
    distance_m double precision NOT NULL,
    fuel_l     double precision NOT NULL,
    document   jsonb NOT NULL              -- PlanMade, whole
);
CREATE INDEX ON plan (city_id, day, made_at DESC);

CREATE TABLE circuit (
    plan_id    uuid NOT NULL REFERENCES plan,
    number     integer NOT NULL,
    city_id    text NOT NULL,
    day        date NOT NULL,
    truck_id   text NOT NULL,
    distance_m double precision NOT NULL,
    fuel_l     double precision NOT NULL,
    duty_s     double precision NOT NULL,
    PRIMARY KEY (plan_id, number)
);

CREATE TABLE stop (
    plan_id  uuid NOT NULL,
    number   integer NOT NULL,
    sequence integer NOT NULL,            -- place in the circuit's visits, from 0
    kind     text NOT NULL,
    place    text,
    start_at timestamptz NOT NULL,
    leave_at timestamptz NOT NULL,
    PRIMARY KEY (plan_id, number, sequence),
    FOREIGN KEY (plan_id, number) REFERENCES circuit
);

CREATE TABLE dispatch (
    dispatch_id   uuid PRIMARY KEY,
    city_id       text NOT NULL,
    day           date NOT NULL,
    plan_id       uuid NOT NULL,
    dispatched_by text NOT NULL,
    dispatched_at timestamptz NOT NULL
);
CREATE INDEX ON dispatch (city_id, day, dispatched_at DESC);

CREATE TABLE confirmation (
    confirmation_id uuid PRIMARY KEY,      -- made on the phone
    city_id         text NOT NULL,
    truck_id        text NOT NULL,
    plan_id         uuid NOT NULL,
    kind            text NOT NULL,
    place           text NOT NULL,
    outcome         text NOT NULL,
    reason          text,
    fill_ratio_seen real,
    happened_at     timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    driver          text NOT NULL
);
CREATE INDEX ON confirmation (city_id, happened_at);
CREATE INDEX ON confirmation (city_id, place, happened_at);
CREATE INDEX ON confirmation (plan_id);

CREATE TABLE savings_day (
    city_id     text NOT NULL,
    day         date NOT NULL,
    computed_at timestamptz NOT NULL,
    document    jsonb NOT NULL,            -- SavingsComputed
    PRIMARY KEY (city_id, day)
);

-- What the pages read. -----------------------------------------------------------------------------------------------

-- The dispatch in force, one row a city and day.
CREATE VIEW dispatch_in_force AS
SELECT DISTINCT ON (city_id, day) city_id, day, plan_id, dispatch_id, dispatched_by, dispatched_at
FROM dispatch ORDER BY city_id, day, dispatched_at DESC, dispatch_id;

-- A container with the latest known of it.
CREATE VIEW container_now AS
SELECT c.city_id, c.container_id, c.name, c.lon, c.lat, c.kind_id, c.zone_id, c.capacity_l, c.sensor,
       s.fill_ratio, s.fill_at, s.battery_ratio, s.last_emptied_at
FROM container c LEFT JOIN container_state s USING (city_id, container_id)
WHERE c.active;

-- Times a container was emptied, by the crews' own word.
CREATE VIEW emptying AS
SELECT city_id, place AS container_id, truck_id, plan_id, happened_at
FROM confirmation WHERE kind = 'stop' AND outcome = 'done';
