"""Valhalla's answer, told in OSM nodes: its edges end at crossings, ours at every node."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from services.roads.learning.streets import Streets
from services.roads.speeds import Drive

LEAST_SHARE = 0.2
"""Of an edge that was driven less than this, Valhalla's rounded metres do not tell where it ends."""
SLACK_M, SLACK_SHARE = 3.0, 0.05
"""Valhalla's metres are rounded, its nodes too."""


def drives_of(answer: Any, at_s: Sequence[float], streets: Streets) -> Iterator[Drive]:
    """The unbroken ways of an answer to `trace_attributes` for fixes at these instants."""
    run: list[tuple[int, float, float]] = []
    for point, second in zip(answer["matched_points"], at_s, strict=True):
        if point.get("begin_route_discontinuity"):
            yield from _drive(run, answer["edges"], streets)
            run = []
        if point["type"] == "matched" and point.get("edge_index", len(answer["edges"])) < len(answer["edges"]):
            run.append((point["edge_index"], point.get("distance_along_edge", 0.0), second))
        if point.get("end_route_discontinuity"):
            yield from _drive(run, answer["edges"], streets)
            run = []
    yield from _drive(run, answer["edges"], streets)


def _drive(run: list[tuple[int, float, float]], edges: Any, streets: Streets) -> Iterator[Drive]:
    """Stretches whose edges are all known in nodes; an edge that is not ends one."""
    if len(run) < 2:
        return
    nodes: list[int] = []
    begins_m: dict[int, tuple[float, float]] = {}
    length_m = 0.0
    for index in range(run[0][0], run[-1][0] + 1):
        following = edges[index + 1]["node_id"] if index < run[-1][0] else None
        found = _nodes_of(edges[index], following, streets)
        if found is None or (nodes and nodes[-1] != found[0]):
            yield from _told(nodes, begins_m, run, streets)
            nodes, begins_m, length_m = [], {}, 0.0
            if found is None:
                continue
        edge_m = sum(streets.metres(a, b) for a, b in pairwise(found))
        begins_m[index] = (length_m, edge_m)
        length_m += edge_m
        nodes += found[1:] if nodes else found
    yield from _told(nodes, begins_m, run, streets)


def _told(
    nodes: list[int], begins_m: dict[int, tuple[float, float]], run: list[tuple[int, float, float]], streets: Streets
) -> Iterator[Drive]:
    fixes = [(begins_m[edge][0] + share * begins_m[edge][1], s) for edge, share, s in run if edge in begins_m]
    if len(fixes) < 2 or len(nodes) < 2:
        return
    steps = [streets.metres(a, b) for a, b in pairwise(nodes)]
    node_m = np.concatenate([[0.0], np.cumsum(steps)])
    yield Drive(list(nodes), node_m, np.array([m for m, _ in fixes]), np.array([s for _, s in fixes]))


def _nodes_of(edge: Any, following: int | None, streets: Streets) -> list[int] | None:
    """The nodes of an edge, both ends included; None where they are not to be known."""
    refs = streets.ways.get(edge["way_id"])
    share = edge.get("target_percent_along", 1.0) - edge.get("source_percent_along", 0.0)
    if refs is None or (following is None and share < LEAST_SHARE):
        return None
    ahead = refs if edge["forward"] else refs[::-1]
    edge_m = edge["length"] * 1000 / share if share > 0 else 0.0
    begins = [index for index, ref in enumerate(ahead) if ref == edge["node_id"]]
    chains = (_chain(ahead[begin:], following, edge_m, streets) for begin in begins)
    return next((chain for chain in chains if chain is not None), None)


def _chain(ahead: Sequence[int], following: int | None, edge_m: float, streets: Streets) -> list[int] | None:
    """On to the next edge's first node, or as far as the edge is long."""
    along_m = 0.0
    for end in range(1, len(ahead)):
        along_m += streets.metres(ahead[end - 1], ahead[end])
        is_end = ahead[end] == following if following is not None else False
        if is_end or (following is None and abs(along_m - edge_m) <= SLACK_M + SLACK_SHARE * edge_m):
            return list(ahead[: end + 1])
    return None
