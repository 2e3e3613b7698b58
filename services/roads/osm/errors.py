"""What can go wrong with roads. Each names the file or the places, and what to do."""

from services.errors import TourneeError


class RoadsError(TourneeError):
    """Anything about roads; whatever graph was in use before stays in use."""


class EngineMissing(RoadsError):
    """The wheels of OSRM or osmium are not installed on this machine: distances stay estimated."""


class ExtractUnusable(RoadsError):
    """The extract is missing, truncated, empty, or of another part of the world."""


class GraphUnfit(RoadsError):
    """A graph was built, but trucks cannot work on it: a depot or disposal site that cannot be reached."""


class GraphBroken(RoadsError):
    """A graph on the disk cannot be opened, or OSRM could not make one."""
