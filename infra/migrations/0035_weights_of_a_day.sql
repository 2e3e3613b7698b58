-- The ledger asks for the loads of a day.
CREATE INDEX weight_share_of_days ON weight_share (city_id, emptied_at) WHERE replaced_at IS NULL;

-- Days that were weighed before the ledger went by it are counted again.
INSERT INTO ledger_touched (city_id, day)
SELECT DISTINCT s.city_id, (s.emptied_at AT TIME ZONE c.timezone)::date
FROM weight_share s JOIN city c USING (city_id) WHERE s.replaced_at IS NULL AND s.weighing_id IS NOT NULL;
