"""Data to take away: CSV and GeoJSON."""
