"""What can go wrong with a basemap. Each names the file and what to do; whatever map was in use stays in use."""

from services.errors import TourneeError


class MapError(TourneeError):
    """Anything about basemaps."""


class MapBroken(MapError):
    """A map on the disk cannot be read."""


class TilesFailed(MapError):
    """tilemaker did not make tiles of the extract."""
