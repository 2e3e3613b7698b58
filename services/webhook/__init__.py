"""Telling others by HTTP what happens in a city: signed, tried again, and never anything of our own network."""
