-- People: more roles, fleets, invitations, another way in, and pages shown to who has no account.

ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account
    ADD CONSTRAINT account_role_check
        CHECK (role IN ('operator', 'planner', 'technician', 'municipality', 'driver')),
    ADD COLUMN fleet_id text,             -- the only fleet that it plans, sends and follows; NULL: all of its city's
    ADD COLUMN language text CHECK (language IN ('fr', 'en')),
    ADD CONSTRAINT account_fleet_check CHECK (fleet_id IS NULL OR role IN ('operator', 'planner'));

-- Somebody who is let in, until they have been.
CREATE TABLE person_invitation (
    invitation_id uuid PRIMARY KEY,
    code_hash     text NOT NULL UNIQUE,       -- SHA-256: the code itself is random, and in the link alone
    city_id       text NOT NULL REFERENCES city,
    login         text NOT NULL,
    role          text NOT NULL CHECK (role IN ('operator', 'planner', 'technician', 'municipality')),
    fleet_id      text,
    language      text NOT NULL CHECK (language IN ('fr', 'en')),
    invited_by    text NOT NULL,
    invited_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    UNIQUE (city_id, login)
);

-- Each opens once what a one-time code would, for whoever has lost the app.
CREATE TABLE recovery_code (
    city_id   text NOT NULL,
    login     text NOT NULL,
    code_hash text NOT NULL,                  -- SHA-256 of a random code
    PRIMARY KEY (city_id, login, code_hash),
    FOREIGN KEY (city_id, login) REFERENCES account ON DELETE CASCADE
);

-- Whom an identity provider vouches for, as somebody of ours has linked it to an account.
CREATE TABLE linked_identity (
    city_id   text NOT NULL,
    issuer    text NOT NULL,
    subject   text NOT NULL,
    login     text NOT NULL,
    linked_by text NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (city_id, issuer, subject),
    UNIQUE (city_id, login, issuer),
    FOREIGN KEY (city_id, login) REFERENCES account ON DELETE CASCADE
);
ALTER TABLE login_session ADD COLUMN provider text;   -- who vouched for it; NULL: a password

-- A page that whoever has the link may look at, until it expires.
CREATE TABLE shared_view (
    view_id    uuid PRIMARY KEY,
    code_hash  text NOT NULL UNIQUE,          -- SHA-256
    city_id    text NOT NULL REFERENCES city,
    shown_to   text NOT NULL,                 -- for whom, in words
    day        date,                          -- that day's sheet; NULL: months with their days
    shared_by  text NOT NULL,
    shared_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at <= shared_at + interval '90 days'),
    seen_at    timestamptz
);
CREATE INDEX ON shared_view (city_id);
