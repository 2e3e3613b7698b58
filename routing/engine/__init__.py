"""Compiled loops over arrays: the part of the search that must be fast."""
