"""The morning's roll call: which trucks and crews are there."""
