"""Real roads: graphs from a city's OpenStreetMap extract, matrices, lines. OSRM and osmium stop here."""
