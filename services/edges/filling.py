"""From the distance that a sensor measured to how full its container is, by the kind of the container.

The distance itself is kept as it was measured, so that a kind measured anew is a matter of reading again.
"""

from itertools import pairwise

from services.city.registry import ContainerKind
from services.edges.heard import Heard, Refused

TOO_FAR = 1.1
"""Of `mount_mm`: beyond it the sensor looks through a hole, or is of another container."""


def fill(heard: Heard, kind: ContainerKind | None) -> None:
    """Set the fill ratio where the kind is known and tells it; where it does not, say why it is left open.

    Raises:
        Refused: the distance cannot be one of this container.
    """
    if heard.distance_mm is None or kind is None or heard.rejected is not None:
        return
    if kind.mount_mm is None:
        heard.drop("fill_ratio", None, f"mount_mm of the container kind {kind.id}, in container_kinds.csv")
    elif "tilt" in heard.alarms:
        heard.drop("fill_ratio", None, "a sensor that looks down: this one says that it is tilted")
    else:
        heard.fill_ratio = fill_ratio(kind, heard.distance_mm)


def fill_ratio(kind: ContainerKind, distance_mm: float) -> float:
    """The share of the volume, 0 to 1.

    Raises:
        Refused: it is nearer than the sensor can hear, or farther than the floor by over a tenth.
    """
    mount_mm, blind_mm = kind.mount_mm or 0, kind.blind_mm or 0
    if not blind_mm <= distance_mm <= mount_mm * TOO_FAR:
        came = int(distance_mm) if distance_mm.is_integer() else distance_mm
        raise Refused("distance", came, f"{blind_mm} to {mount_mm * TOO_FAR:.0f} mm for container kind {kind.id}")
    height_mm = mount_mm - distance_mm
    if kind.levels:
        return _by_levels([(int(h), int(v)) for h, _, v in (text.partition(":") for text in kind.levels)], height_mm)
    return min(max(height_mm / (kind.depth_mm or mount_mm - blind_mm), 0.0), 1.0)


def _by_levels(levels: list[tuple[int, int]], height_mm: float) -> float:
    """Litres between two heights grow evenly; above the last the container is full."""
    full_l = levels[-1][1]
    for (low_mm, low_l), (high_mm, high_l) in pairwise(levels):
        if height_mm <= high_mm:
            share = max(height_mm - low_mm, 0) / (high_mm - low_mm)
            return (low_l + share * (high_l - low_l)) / full_l
    return 1.0
