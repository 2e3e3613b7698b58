"""The map under the map: one file of vector tiles and one of streets, from a city's OpenStreetMap extract."""
