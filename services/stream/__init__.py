"""Kafka and MQTT: clients and their errors stop here."""
