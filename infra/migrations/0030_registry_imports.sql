-- City folders that somebody of the office has given to a page and not yet taken in: what they would change. The web
-- service's own; nothing of it is the city's until the order to change the registry is carried out.
CREATE TABLE registry_import (
    import_id    uuid PRIMARY KEY,
    city_id      text NOT NULL,
    login        text NOT NULL,
    begun_at     timestamptz NOT NULL,
    heard_at     timestamptz NOT NULL,    -- last sign of life of the process that works on it
    base_version integer NOT NULL,
    state        text NOT NULL,           -- 'reading', 'wrong', 'ready', 'sending', 'sent', 'cancelled'
    step         text NOT NULL,           -- what it is doing
    share        real NOT NULL,           -- how far, 0 to 1
    preview      jsonb,                   -- what changes, and what it does to tomorrow's plan; or what is wrong
    rows         bytea,                   -- RowChange as JSON, compressed; NULL while there are none
    change_id    uuid                     -- the order, once it was sent
);
CREATE INDEX ON registry_import (city_id, begun_at DESC);
