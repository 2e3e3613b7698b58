"""The driver's face: the next stop, with or without a network."""
