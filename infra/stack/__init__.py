"""Servers on loopback, started and stopped by us: `embedded` needs nothing but pip, `real` is what a city runs."""
