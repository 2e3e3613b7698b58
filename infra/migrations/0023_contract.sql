-- What is said of a contract's penalties: the contractor's answers, the municipality's signatures. Only ever added to.
-- The penalties themselves are computed of what else is stored (services/ledger/contract_store.py).

CREATE TABLE penalty_answer (
    answer_id   uuid PRIMARY KEY,
    city_id     text NOT NULL,
    fleet_id    text NOT NULL,
    line_id     uuid NOT NULL,            -- of the sheet: made of what was breached and the penalty's code
    words       text NOT NULL,
    answered_by text NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX ON penalty_answer (city_id, fleet_id, line_id, answered_at);

-- A fleet's month as somebody signed it; the latest counts.
CREATE TABLE contract_sheet (
    sheet_id  uuid PRIMARY KEY,
    city_id   text NOT NULL,
    fleet_id  text NOT NULL,
    month     date NOT NULL,              -- its first day
    signed_by text NOT NULL,
    signed_at timestamptz NOT NULL,
    document  jsonb NOT NULL              -- SheetSigned
);
CREATE INDEX ON contract_sheet (city_id, fleet_id, month, signed_at);

CREATE TRIGGER penalty_answer_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON penalty_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contract_sheet_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_sheet
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
