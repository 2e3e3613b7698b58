-- What residents report. A report is a fact and is only ever added; how it stands follows from what else is known.
CREATE TABLE report (
    report_id    text PRIMARY KEY,                -- what the resident follows it by
    alert_id     uuid NOT NULL UNIQUE,            -- by which the office sees to it (alert_seen); its observation's id
    city_id      text NOT NULL,
    kind         text NOT NULL,
    container_id text,
    lon          double precision,
    lat          double precision,
    door         text NOT NULL,                   -- 'page', 'open311', 'sms'
    made_at      timestamptz NOT NULL,
    answer       text NOT NULL,                   -- what was known at once
    known_at     timestamptz,                     -- of the answer: emptied, or to be emptied
    insists      boolean NOT NULL,
    joins        text,                            -- the first report of the same thing, while that is not done
    CHECK (container_id IS NULL OR joins IS DISTINCT FROM report_id)
);
CREATE INDEX ON report (city_id, made_at);
CREATE INDEX ON report (city_id, container_id, kind, made_at) WHERE container_id IS NOT NULL;
CREATE INDEX ON report (joins) WHERE joins IS NOT NULL;

-- A number is typed, or sent by SMS, in small letters too.
CREATE INDEX ON container (city_id, lower(container_id));

-- What a resident gave of themselves, for as long as it is of use.
CREATE TABLE report_private (
    report_id text PRIMARY KEY,
    city_id   text NOT NULL,
    drop_at   timestamptz NOT NULL,
    contact   text,
    words     text,
    address   text,
    media_url text,
    photo     bytea                               -- JPEG
);
CREATE INDEX ON report_private (drop_at);

-- A report with all that tells how it stands. `first_id` is the report that it follows, itself where it joins none.
CREATE VIEW report_now AS
SELECT r.report_id, r.alert_id, r.city_id, r.kind, r.container_id, r.lon, r.lat, r.door, r.made_at, r.answer, r.known_at,
       r.insists, coalesce(r.joins, r.report_id) AS first_id, emptied.at AS emptied_at, seen.seen_at,
       (SELECT count(*) FROM report j WHERE j.joins = coalesce(r.joins, r.report_id))::integer + 1 AS reports
FROM report r
LEFT JOIN report f ON f.report_id = r.joins
LEFT JOIN alert_seen seen ON seen.confirmation_id = coalesce(f.alert_id, r.alert_id)
LEFT JOIN LATERAL (
    SELECT min(o.happened_at) AS at FROM observation o
    WHERE r.kind IN ('full', 'missed') AND o.city_id = r.city_id AND o.container_id = r.container_id
      AND o.kind = 'emptied' AND o.happened_at > r.made_at
) AS emptied ON true;
