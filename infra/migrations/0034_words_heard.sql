-- The ledger counts the words of a day by when they were received: they come in that order, so block ranges answer.
CREATE INDEX confirmation_received ON confirmation USING brin (received_at) WITH (pages_per_range = 32);
