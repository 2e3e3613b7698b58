"""MQTT to Kafka: each message validated, put into Kafka, and only then acknowledged to its sender's broker."""
