-- Alerts that somebody of the office has seen to. An alert is a skipped visit with a reason to look into.
CREATE TABLE alert_seen (
    confirmation_id uuid PRIMARY KEY,
    city_id         text NOT NULL,
    seen_by         text NOT NULL,
    seen_at         timestamptz NOT NULL
);
