-- Who comes in, from where, with what; what did not count; and what was done, never to be changed.

-- A truck's phone: the truck's code opens nothing anywhere else. The phone keeps the key, we its hash; without the row
-- it is a stranger again, and its sessions end.
CREATE TABLE truck_phone (
    phone_id    uuid PRIMARY KEY,
    city_id     text NOT NULL REFERENCES city,
    truck_id    text NOT NULL,
    key_hash    text NOT NULL UNIQUE,         -- SHA-256: the key itself is 256 random bits
    enrolled_by text NOT NULL,
    enrolled_at timestamptz NOT NULL,
    seen_at     timestamptz
);
CREATE INDEX ON truck_phone (city_id, truck_id);

-- An invitation that makes whoever opens it first the truck's phone.
CREATE TABLE phone_invitation (
    code_hash  text PRIMARY KEY,
    city_id    text NOT NULL REFERENCES city,
    truck_id   text NOT NULL,
    invited_by text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- What a cookie stands for. Without the row it stands for nothing, whatever its signature says.
CREATE TABLE login_session (
    session_id text PRIMARY KEY,              -- a hash of what the cookie holds
    city_id    text NOT NULL,
    login      text NOT NULL,
    opened_at  timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    address    text NOT NULL,
    browser    text NOT NULL,
    phone_id   uuid REFERENCES truck_phone ON DELETE CASCADE,
    FOREIGN KEY (city_id, login) REFERENCES account ON DELETE CASCADE
);
CREATE INDEX ON login_session (city_id, login);
CREATE INDEX ON login_session (opened_at);
CREATE INDEX ON login_session (phone_id);

-- Browsers, phones and addresses from which somebody has logged in rightly: each has guesses of its own, so that the
-- guesses of strangers are nothing to them.
CREATE TABLE known_source (
    city_id         text NOT NULL,
    login           text NOT NULL,
    source          text NOT NULL,            -- 'browser <id>', 'phone <id>', 'address <address>'
    failed_attempts integer NOT NULL DEFAULT 0,
    locked_until    timestamptz,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (city_id, login, source),
    FOREIGN KEY (city_id, login) REFERENCES account ON DELETE CASCADE
);

-- One-time codes (RFC 6238), where an account wants them. A step that was used is used up.
ALTER TABLE account
    ADD COLUMN one_time_secret text,
    ADD COLUMN one_time_step   bigint NOT NULL DEFAULT 0;

-- Who tried what, from where. Never a secret, and never a row a guess once an address is slowed.
CREATE TABLE security_event (
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city_id     text NOT NULL,
    happened_at timestamptz NOT NULL,
    what        text NOT NULL,
    login       text NOT NULL,
    address     text NOT NULL,
    detail      text NOT NULL DEFAULT ''
);
CREATE INDEX ON security_event (city_id, happened_at);

-- Words of crews on visits that were not theirs: they change nothing. Should the plan or its dispatch come later, they
-- are looked at again.
CREATE TABLE confirmation_aside (
    confirmation_id uuid PRIMARY KEY,
    city_id         text NOT NULL,
    fleet_id        text NOT NULL,
    truck_id        text NOT NULL,
    plan_id         uuid NOT NULL,
    received_at     timestamptz NOT NULL,
    document        jsonb NOT NULL            -- VisitConfirmed, whole
);
CREATE INDEX ON confirmation_aside (city_id, received_at);
CREATE INDEX ON confirmation_aside (plan_id);

CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_audit();
CREATE INDEX ON audit (city_id, happened_at);
