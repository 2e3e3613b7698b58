"""Trucks and their drivers: they follow the circuits they are sent, along streets, and say what they did."""
