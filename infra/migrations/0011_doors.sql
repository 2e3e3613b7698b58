-- The doors of other makers' networks: whose their devices are, who may come in, and what came.

-- A sensor's or a tracker's name in its own network (a DevEUI), and which container or truck of ours it belongs to.
CREATE TABLE device_name (
    city_id   text NOT NULL,
    kind      text NOT NULL,                  -- of device: 'containers', 'trucks'
    name      text NOT NULL,
    device_id text NOT NULL,                  -- the container's or truck's
    decoder   text,                           -- where its messages do not tell the sensor
    PRIMARY KEY (city_id, kind, name)
);

-- Who may come in over HTTP: a network at its door, or a single tracker. Keys are long and random, so a hash is enough.
CREATE TABLE door_key (
    key_hash  bytea PRIMARY KEY,              -- SHA-256
    city_id   text NOT NULL,
    door      text NOT NULL,                  -- 'chirpstack', 'ttn', 'traccar-forward', 'tracker'
    device_id text,                           -- the truck of a tracker
    made_at   timestamptz NOT NULL,
    CHECK ((door = 'tracker') = (device_id IS NOT NULL))
);
CREATE UNIQUE INDEX ON door_key (city_id, door, coalesce(device_id, ''));

-- Distances as they were measured, also those that no fill could be told of. Only ever added to.
CREATE TABLE uplink (
    city_id       text NOT NULL,
    container_id  text NOT NULL,
    happened_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    door          text NOT NULL,
    device        text NOT NULL,
    decoder       text,
    distance_mm   real NOT NULL,
    fill_ratio    real,
    battery_ratio real,
    temperature_c real,
    alarms        text[] NOT NULL,
    PRIMARY KEY (city_id, container_id, happened_at)
);

CREATE INDEX ON uplink (city_id, happened_at) WHERE alarms <> '{}';

-- What each door told of some seconds; kept for a month.
CREATE TABLE door_heard (
    heard_id        uuid PRIMARY KEY,
    city_id         text NOT NULL,
    door            text NOT NULL,
    messages        integer NOT NULL,
    left_aside      integer NOT NULL,
    rejected        integer NOT NULL,
    last_at         timestamptz NOT NULL,
    last_device     text,
    last_left_aside text,
    last_rejected   text
);
CREATE INDEX ON door_heard (city_id, door, last_at);
