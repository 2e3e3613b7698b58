"""The technician's page: what of the city's places its roads leave out, and what to do about each."""
