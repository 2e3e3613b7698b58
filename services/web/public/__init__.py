"""The face for residents, press and donors: no login, no cookie."""
