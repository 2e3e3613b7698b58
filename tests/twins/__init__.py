"""In-memory twins of MQTT, Kafka and the store: the same promises in one process, without sockets.

`tests/contract` holds each to the same tests as the real server behind its adapter. What they leave out: time (nothing
expires unless told to), size, and everything the tests do not ask of the real one.
"""
