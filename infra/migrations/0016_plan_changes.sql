-- Changes of plans by hand. Each row is one change: of which plan, by whom, and the plan that came of it. Only added to.
CREATE TABLE plan_change (
    plan_id    uuid PRIMARY KEY,                  -- what came of it, whole in `plan`
    parent_id  uuid NOT NULL UNIQUE,              -- what was changed: once; who comes second is told what changed
    root_id    uuid NOT NULL,                     -- the planner's plan with which the changes began
    city_id    text NOT NULL,
    fleet_id   text NOT NULL,
    day        date NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    document   jsonb NOT NULL                     -- PlanChange
);
CREATE INDEX ON plan_change (city_id, fleet_id, day);
CREATE INDEX ON plan_change (root_id);
