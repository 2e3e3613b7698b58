"""The face for the municipality and its residents: no login, no cookie."""
