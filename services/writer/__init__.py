"""Kafka to the store: the only one who puts events there."""
