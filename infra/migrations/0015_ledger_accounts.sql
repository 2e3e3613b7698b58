-- What the ledger's figures rest on beside events and registry: the frozen baseline and who accepted it, fuel as it was
-- bought, coefficients learned of it, and the log of non-routine events. All of it is only ever added to.

-- A baseline that somebody has put down. A change is a further version; both stay.
CREATE TABLE ledger_baseline (
    city_id  text NOT NULL REFERENCES city,
    version  integer NOT NULL CHECK (version >= 1),
    made_at  timestamptz NOT NULL,
    made_by  text NOT NULL,
    sha256   text NOT NULL,               -- of the document's text, as services/ledger/frozen.py writes it
    document jsonb NOT NULL,              -- FrozenBaseline
    PRIMARY KEY (city_id, version)
);

-- Who has accepted it, and from which day on the city is compared with it.
CREATE TABLE ledger_baseline_accepted (
    city_id     text NOT NULL,
    version     integer NOT NULL,
    valid_from  date NOT NULL,            -- the first day that is not driven by it any more
    accepted_by text NOT NULL,
    role        text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (city_id, version),
    UNIQUE (city_id, valid_from),
    FOREIGN KEY (city_id, version) REFERENCES ledger_baseline
);

-- Litres bought, or counted by an engine.
CREATE TABLE fuel_receipt (
    city_id     text NOT NULL REFERENCES city,
    receipt_id  text NOT NULL,            -- its own number, so that what is loaded twice stands once
    truck_id    text NOT NULL,
    filled_at   timestamptz NOT NULL,
    fuel_l      double precision NOT NULL CHECK (fuel_l > 0),
    odometer_km double precision,
    source      text NOT NULL CHECK (source IN ('receipt', 'can')),
    loaded_at   timestamptz NOT NULL,
    loaded_by   text NOT NULL,
    PRIMARY KEY (city_id, receipt_id)
);
CREATE INDEX ON fuel_receipt (city_id, truck_id, filled_at);

-- Coefficients of all trucks of a city, as they were learned at an instant.
CREATE TABLE fuel_calibration (
    city_id  text NOT NULL REFERENCES city,
    version  integer NOT NULL CHECK (version >= 1),
    made_at  timestamptz NOT NULL,
    made_by  text NOT NULL,
    sha256   text NOT NULL,
    document jsonb NOT NULL,              -- Calibration
    PRIMARY KEY (city_id, version)
);

-- What no circuit could help: strikes, closed landfills, floods.
CREATE TABLE ledger_event (
    event_id  uuid PRIMARY KEY,
    city_id   text NOT NULL REFERENCES city,
    kind      text NOT NULL CHECK (kind IN ('strike', 'site_closed', 'flood', 'other')),
    first_day date NOT NULL,
    last_day  date NOT NULL CHECK (last_day >= first_day),
    remark    text NOT NULL,
    noted_by  text NOT NULL,
    noted_at  timestamptz NOT NULL
);
CREATE INDEX ON ledger_event (city_id, last_day);

CREATE TRIGGER ledger_baseline_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_baseline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_baseline_accepted_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_baseline_accepted
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fuel_receipt_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON fuel_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fuel_calibration_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON fuel_calibration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
