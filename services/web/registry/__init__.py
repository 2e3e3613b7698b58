"""The registry on a page: containers, trucks, fleets, sites and zones, seen, changed and taken from a folder."""
