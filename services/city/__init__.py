"""A city: its registry, and the folder of files that a town hall edits to describe it."""
