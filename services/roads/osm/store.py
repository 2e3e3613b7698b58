"""Where a city's graphs lie, and which are in use.

`<data>/roads/<city>/current.json` names the graphs in use and is replaced whole; `graphs/<key>/` holds one graph each,
never changed once it is there; `graphs/<key>/matrices/` the matrices made of it.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.roads.built import InUse, building, keep_folders
from services.roads.osm.errors import GraphBroken

CURRENT = "current.json"
GRAPHS = "graphs"
MATRICES = "matrices"


class Graph(BaseModel):
    """A graph in use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Its folder: the hash of the extract, the profile, the vehicle's size and OSRM's version."""
    anchor: tuple[float, float] | None
    """Lon, lat of a place on the main network; None where the network is all in small pieces."""
    build_s: float
    """How long it took; 0 for one that was there already."""


class Manifest(BaseModel):
    """The roads that a city uses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["tournee/roads/1"] = Field(default="tournee/roads/1", alias="schema")
    city: str
    extract: str
    """Name of the file."""
    sha256: str
    timestamp: str
    """When OpenStreetMap's data was current, as the extract says."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of its streets, degrees."""
    streets: int
    built_at: datetime
    engine: str
    """OSRM's version."""
    attribution: str = "© OpenStreetMap contributors, ODbL 1.0"
    graphs: dict[str, Graph]
    """By `RoadVehicle.graph`."""


class RoadStore:
    """The roads of one city."""

    def __init__(self, data_folder: Path, city: str) -> None:
        self.folder = data_folder.resolve() / "roads" / city  # OSRM's programs run elsewhere
        self._city = city
        self._in_use = InUse(self.folder / CURRENT, Manifest, GraphBroken, "tournee roads build")

    def find_manifest(self) -> Manifest | None:
        """What is in use; None where no roads were ever built.

        Raises:
            GraphBroken: there is a manifest that nobody can read.
        """
        return self._in_use.find()

    def graph_folder(self, key: str) -> Path:
        return self.folder / GRAPHS / key

    def use(self, manifest: Manifest) -> None:
        """Swap: from now on these graphs are used. Those in use before stay for whoever still reads them; older go."""
        staying = self._in_use.swap(manifest)
        keep_folders(self.folder / GRAPHS, {graph.key for m in staying for graph in m.graphs.values()})

    def building(self) -> AbstractContextManager[Path]:
        """A folder beside the graphs, on the same disk, removed at the end; one build a city at a time.

        Raises:
            BuildRunning: another process builds.
        """
        (self.folder / GRAPHS).mkdir(parents=True, exist_ok=True)
        return building(self.folder, f"the roads of {self._city}")
