-- Why a version was made; empty where nobody said.
ALTER TABLE registry_version ADD COLUMN reason text NOT NULL DEFAULT '';

-- Changes that somebody asked for on a page, and what became of each. The writer carries them out.
CREATE TABLE registry_change (
    change_id    uuid PRIMARY KEY,
    city_id      text NOT NULL,
    base_version integer NOT NULL,        -- on which it was made
    parts        integer NOT NULL,
    source       text NOT NULL,           -- 'page', 'folder'
    changed_by   text NOT NULL,
    changed_at   timestamptz NOT NULL,
    reason       text NOT NULL,
    outcome      text,                    -- 'stored', 'unchanged', 'overtaken', 'refused', 'given_up'; NULL: parts are missing
    detail       text,                    -- of a refusal
    version      integer                  -- that came of it
);
CREATE INDEX ON registry_change (city_id, changed_at DESC);

-- Parts that have come of a change whose others have not; dropped with its outcome.
CREATE TABLE registry_change_part (
    change_id uuid NOT NULL REFERENCES registry_change,
    part      integer NOT NULL,
    rows      jsonb NOT NULL,             -- of RowChange
    PRIMARY KEY (change_id, part)
);

-- Trucks and crews that are there, or are not, as the office ticked them off. Only added to; the latest word holds.
CREATE TABLE presence (
    presence_id uuid PRIMARY KEY,
    city_id     text NOT NULL,
    truck_id    text NOT NULL,
    truck_there boolean NOT NULL,
    crew_there  boolean NOT NULL,
    reason      text NOT NULL,
    said_by     text NOT NULL,
    said_at     timestamptz NOT NULL,
    number      bigint GENERATED ALWAYS AS IDENTITY   -- of two words of one instant the later holds
);
CREATE INDEX ON presence (city_id, truck_id, said_at DESC, number DESC);
