"""A city on one machine: servers, services, simulated hardware, some days replayed, the next morning planned."""
