"""Isles: containers that stand together. A city's lists do not name them, so places tell: within 15 m of a next."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from math import cos, floor, radians

from services.city.geometry import M_PER_DEGREE, great_circle_m

TOGETHER_M = 15.0


def isles_of(places: Iterable[tuple[str, float, float]]) -> dict[str, str]:
    """Of containers (id, lon, lat) that do not stand alone, the isle each is of, named by the least id of them."""
    spots = {container: (lon, lat) for container, lon, lat in places}
    if not spots:
        return {}
    # Cells as wide as the distance, where degrees are shortest: nobody within reach is further than the next cell.
    narrowest = cos(radians(max(abs(lat) for _, lat in spots.values())))
    east, north = TOGETHER_M / (M_PER_DEGREE * max(narrowest, 0.01)), TOGETHER_M / M_PER_DEGREE
    cells: dict[tuple[int, int], list[str]] = defaultdict(list)
    for container, (lon, lat) in spots.items():
        cells[floor(lon / east), floor(lat / north)].append(container)
    first = {container: container for container in spots}

    def root(container: str) -> str:
        while first[container] != container:
            first[container] = first[first[container]]
            container = first[container]
        return container

    for (x, y), own in cells.items():
        near = [other for dx, dy in product((-1, 0, 1), repeat=2) for other in cells.get((x + dx, y + dy), ())]
        for container, other in product(own, near):
            if container < other and great_circle_m(*spots[container], *spots[other]) <= TOGETHER_M:
                a, b = sorted((root(container), root(other)))
                first[b] = a
    sizes: dict[str, int] = defaultdict(int)
    for container in spots:
        sizes[root(container)] += 1
    return {container: root(container) for container in spots if sizes[root(container)] > 1}
