"""The operator's face: plan, look, send, follow."""
