-- Why a container's sensor is not believed as of the latest evidence, for the technician's list: said by the estimator
-- whenever it brings a belief up to date. That a sensor has fallen silent brings no evidence; who asks sees it in
-- container_state.
ALTER TABLE container_belief
    ADD COLUMN fault       text,              -- 'jumping', 'stuck', 'drifting'; NULL: none, or no sensor
    ADD COLUMN fault_since timestamptz;       -- from when on its readings are not believed; NULL: not known
