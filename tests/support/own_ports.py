"""A configuration that is shipped, with the ports and folders of a test in place of its own."""


def moved(text: str, moves: dict[str, str]) -> str:
    """The text with each old passage replaced; one that is not there exactly once fails the test: the file changed."""
    for old, new in moves.items():
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text
