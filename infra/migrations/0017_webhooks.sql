-- Webhooks: who outside is told of what happens in a city, and what became of telling them.

CREATE TABLE webhook (
    webhook_id     text PRIMARY KEY,
    city_id        text NOT NULL,
    url            text NOT NULL,
    events         text[] NOT NULL,
    made_at        timestamptz NOT NULL,      -- on the city's clock: it hears of what becomes known from then on
    stopped_at     timestamptz,               -- its address answered 410: gone for good
    stopped_reason text
);
CREATE INDEX ON webhook (city_id);

-- A table of its own, so that who may list webhooks need not see what their messages are signed with.
CREATE TABLE webhook_secret (
    webhook_id text PRIMARY KEY REFERENCES webhook ON DELETE CASCADE,
    secret     bytea NOT NULL
);

-- The outbox: filled by the writer in the transaction that stores what happened. By the clock on the wall.
CREATE TABLE webhook_delivery (
    webhook_id  text NOT NULL REFERENCES webhook ON DELETE CASCADE,
    message_id  text NOT NULL,                -- the same at every try, and for every webhook
    event       text NOT NULL,
    happened_at timestamptz NOT NULL,
    data        jsonb NOT NULL,
    queued_at   timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given_up')),
    next_at     timestamptz NOT NULL DEFAULT now(),  -- of one that waits: when it is tried next
    tries       smallint NOT NULL DEFAULT 0,
    settled_at  timestamptz,
    last_answer text,                         -- of the last try: a status, or why there was none
    PRIMARY KEY (webhook_id, message_id)
);
CREATE INDEX ON webhook_delivery (webhook_id, next_at) WHERE state = 'waiting';
CREATE INDEX ON webhook_delivery (settled_at) WHERE state <> 'waiting';

-- Containers that were told to overflow, until they are emptied or are seen with room again.
CREATE TABLE overflow_told (
    city_id      text NOT NULL,
    container_id text NOT NULL,
    told_at      timestamptz NOT NULL,        -- of the reading
    PRIMARY KEY (city_id, container_id)
);
