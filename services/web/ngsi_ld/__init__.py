"""The face for a city's portal: containers, their models and their isles in NGSI-LD (ETSI GS CIM 009), read-only."""
