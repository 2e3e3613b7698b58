"""What every row of a city folder is."""

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """A row of the registry. Unknown columns are refused: a mistyped header must not silently drop a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")
