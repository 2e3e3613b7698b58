"""The production shape, run for real: docker-compose.yml on a Docker engine of its own, with base images built here.

`make compose-test` runs the stories in the order of their numbers: a city's machine is installed as docs/deployment.md
says, lives a morning, is looked at from outside, falls in every way, grows, and is moved, upgraded and taken back.
"""
