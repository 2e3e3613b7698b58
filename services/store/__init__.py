"""The store: PostgreSQL, with TimescaleDB where it is there. SQL stands in named queries beside each module."""
