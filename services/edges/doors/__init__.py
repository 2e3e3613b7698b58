"""One small file a door: the envelope in which a network or a tracker's program hands its messages over."""
