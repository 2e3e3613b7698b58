"""The segments of a graph's streets, kept beside it: what a closed street is found among."""

from pathlib import Path

import numpy as np

from services.roads.closures import Segments
from services.roads.osm.errors import GraphBroken

SEGMENTS = "segments.npz"


def save_segments(file: Path, segments: Segments) -> None:
    np.savez(file, nodes=segments.nodes, ends=segments.ends)


def load_segments(file: Path) -> Segments:
    """Raises: GraphBroken, also of a graph that was built before streets could be closed."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            return Segments(kept["nodes"], kept["ends"])
    except (OSError, ValueError, KeyError) as error:
        raise GraphBroken(
            f"{file}: streets cannot be closed on these roads ({error}); run `tournee roads build` again"
        ) from error
