"""Named SQL: each `.sql` file beside a module holds blocks that start with `-- name: some_query`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import LiteralString


def load_queries(filename: str) -> Mapping[str, LiteralString]:
    """The queries of one file by name. The text is ours, not a user's, hence literal."""
    text = files("services.adapters.timescale").joinpath(filename).read_text(encoding="utf-8")
    blocks = (block.partition("\n") for block in text.split("-- name: ")[1:])
    return {name.strip(): sql.strip() for name, _, sql in blocks}
