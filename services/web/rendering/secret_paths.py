"""Addresses that are secrets themselves: whoever has the link is let in. No log may hold one."""

SECRET_PATHS = ("/telephone/", "/invitation/", "/partage/")


def sayable_path(path: str) -> str:
    """The path as a log may have it."""
    return next((f"{start}…" for start in SECRET_PATHS if path.startswith(start)), path)
