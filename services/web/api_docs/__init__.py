"""The face for programmers: the API, described."""
