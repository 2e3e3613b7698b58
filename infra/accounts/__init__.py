"""Which service may do what: an account of its own in PostgreSQL and at Kafka, and no right that it does not need."""
