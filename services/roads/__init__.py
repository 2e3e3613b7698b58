"""The streets: who may use them and how fast. `osm`, `learning` and `basemap` hold the engines."""
