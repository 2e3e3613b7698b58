"""Mosquitto's journal plugin: its C source, and how it is built."""
