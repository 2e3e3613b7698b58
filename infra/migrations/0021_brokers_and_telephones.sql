-- Brokers of portals (Orion-LD and others of NGSI-LD) that are kept current: what each has been told already.
CREATE TABLE portal_broker (
    broker_id   text PRIMARY KEY,
    city_id     text NOT NULL REFERENCES city,
    url         text NOT NULL,                -- up to before /ngsi-ld/v1
    tenant      text,                         -- of the broker's, where it has several
    made_at     timestamptz NOT NULL,
    next_at     timestamptz NOT NULL DEFAULT now(),  -- when it is looked at next; by the clock on the wall
    failures    integer NOT NULL DEFAULT 0,   -- in a row
    told_at     timestamptz,                  -- when it last took something, or had all already
    waiting     integer NOT NULL DEFAULT 0,   -- entities that it does not have as they are
    last_answer text
);
CREATE UNIQUE INDEX ON portal_broker (city_id, url, coalesce(tenant, ''));

-- A table of its own, so that who may list brokers need not see how we come in.
CREATE TABLE portal_broker_secret (
    broker_id     text PRIMARY KEY REFERENCES portal_broker ON DELETE CASCADE,
    authorization_header text NOT NULL
);

-- Entities as a broker has them.
CREATE TABLE portal_told (
    broker_id text NOT NULL REFERENCES portal_broker ON DELETE CASCADE,
    entity_id text NOT NULL,
    digest    bytea NOT NULL,                 -- of the entity as it was sent
    PRIMARY KEY (broker_id, entity_id)
);

-- A city's telephone with "SMS Gateway for Android", through which residents' texts are answered.
CREATE TABLE sms_gateway (
    city_id     text PRIMARY KEY REFERENCES city,
    url         text NOT NULL,                -- of its interface, up to before /messages
    made_at     timestamptz NOT NULL,
    failures    integer NOT NULL DEFAULT 0,   -- in a row
    told_at     timestamptz,                  -- when it last took a reply; by the clock on the wall
    last_answer text
);

-- How we come in at it: for the sender alone.
CREATE TABLE sms_gateway_login (
    city_id text PRIMARY KEY REFERENCES sms_gateway ON DELETE CASCADE,
    login   text NOT NULL                     -- user:password
);

-- What it signs its texts with: for the pages alone.
CREATE TABLE sms_signing (
    city_id     text PRIMARY KEY REFERENCES sms_gateway ON DELETE CASCADE,
    signing_key text NOT NULL
);

-- Replies on their way. What is settled keeps neither number nor words: it stands there so that a text that comes twice
-- is answered once.
CREATE TABLE sms_reply (
    city_id    text NOT NULL REFERENCES sms_gateway ON DELETE CASCADE,
    event_id   text NOT NULL,                 -- the gateway's, of the text
    phone      text,
    reply      text,
    made_at    timestamptz NOT NULL DEFAULT now(),
    next_at    timestamptz NOT NULL DEFAULT now(),
    tries      smallint NOT NULL DEFAULT 0,
    settled_at timestamptz,
    PRIMARY KEY (city_id, event_id),
    CHECK ((settled_at IS NULL) = (phone IS NOT NULL) AND (phone IS NULL) = (reply IS NULL))
);
CREATE INDEX ON sms_reply (next_at) WHERE settled_at IS NULL;
