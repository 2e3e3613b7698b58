"""The production shape, run for real: docker-compose.yml on a Docker engine of its own, with base images built here."""
