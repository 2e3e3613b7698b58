"""Speeds learned from positions: matched to streets by Valhalla, told to the graphs of OSRM. Both stop here."""
