"""Where libraries and their errors stop: MQTT, Kafka, TimescaleDB, the clock."""
