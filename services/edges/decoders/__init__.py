"""One small file a sensor: what its maker's decoder says of its bytes, and what that means to us."""
