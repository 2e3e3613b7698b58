"""Tournée's services: one folder each, above the contracts they exchange."""
