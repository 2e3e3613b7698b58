"""Named SQL: a `.sql` file beside a module holds blocks that start with `-- name: some_query`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import LiteralString


def load_queries(module: str) -> Mapping[str, LiteralString]:
    """The queries of the file that stands beside `module` (its `__name__`), by name.

    The text is ours, not a user's, hence literal.
    """
    package, _, name = module.rpartition(".")
    text = files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    blocks = (block.partition("\n") for block in text.split("-- name: ")[1:])
    return {name.strip(): sql.strip() for name, _, sql in blocks}
