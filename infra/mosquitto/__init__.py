"""Mosquitto's journal plugin: its C source, how it is built, and how a bridge is retired."""
