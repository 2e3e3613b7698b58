"""What travels on the wire: pydantic messages and topic names. Imports nothing of ours."""
