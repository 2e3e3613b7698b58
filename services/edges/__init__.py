"""The edges: what sensors and trackers of other makers say, in the envelopes of the networks that carry it."""
