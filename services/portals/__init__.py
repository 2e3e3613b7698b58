"""A city in the words that portals know: NGSI-LD entities by the models of Smart Data Models."""
