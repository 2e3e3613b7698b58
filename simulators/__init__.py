"""What stands in for the hardware: a made-up city, its bins, its trucks and drivers. Speaks only MQTT and HTTP."""
