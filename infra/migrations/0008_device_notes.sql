-- What was wrong with messages of a device that were taken all the same: one row for all of some time, from the bridge.
CREATE TABLE device_note (
    note_id   uuid PRIMARY KEY,
    city_id   text NOT NULL,
    kind      text NOT NULL,                  -- of device: 'containers', 'trucks', ...
    device_id text NOT NULL,
    field     text NOT NULL,                  -- what was left aside
    example   text NOT NULL,                  -- what stood there the last time
    messages  integer NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL
);
CREATE INDEX ON device_note (city_id, last_at);
