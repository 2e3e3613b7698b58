"""Streets as people name them: runs of edges that go on nearly straight through the crossings."""

from dataclasses import dataclass

import numpy as np

from simulators.city.names import AVENUES, BRIDGES
from simulators.city.streets import AVENUE, BRIDGE, STREET, Streets
from simulators.geometry import IntArray

STRAIGHT_ON_COS = 0.82  # goes on under the same name if it bends by less than 35 degrees


@dataclass(frozen=True)
class Stroke:
    """One named street: its nodes in order and its edges."""

    name: str
    kind: int
    nodes: list[int]
    edges: list[int]


def name_streets(streets: Streets, owner: IntArray) -> list[Stroke]:
    """Every edge in exactly one stroke. Streets are numbered by district, as the cities of that coast do: Rue 5.012."""
    following = _pairs_straight_on(streets)
    counters: dict[int, int] = {}
    strokes = []
    seen: set[int] = set()
    for edge in range(len(streets.edges)):
        if edge in seen:
            continue
        chain, nodes = _walk(edge, streets, following)
        seen.update(chain)
        kind, key = int(streets.kinds[edge]), streets.names[edge]
        if kind == STREET:
            zone = int(owner[nodes[len(nodes) // 2]]) + 1
            counters[zone] = counters.get(zone, 0) + 1
            name = f"Rue {zone}.{counters[zone]:03d}"
        else:
            name = BRIDGES.get(key, AVENUES[key]) if kind == BRIDGE else AVENUES[key]
        strokes.append(Stroke(name, kind, nodes, chain))
    return strokes


def names_by_edge(strokes: list[Stroke], count: int) -> list[str]:
    """The street's name for each edge."""
    names = [""] * count
    for stroke in strokes:
        for edge in stroke.edges:
            names[edge] = stroke.name
    return names


def _may_join(streets: Streets, a: int, b: int) -> bool:
    return bool(streets.kinds[a] == streets.kinds[b] != BRIDGE) and streets.names[a] == streets.names[b]


def _pairs_straight_on(streets: Streets) -> dict[tuple[int, int], int]:
    """(edge, node) -> the edge that goes on there. The straightest pairs of a crossing are joined first."""
    at_node: dict[int, list[int]] = {}
    for edge, (a, b) in enumerate(streets.edges.tolist()):
        at_node.setdefault(a, []).append(edge)
        at_node.setdefault(b, []).append(edge)
    following: dict[tuple[int, int], int] = {}
    for node, edges in at_node.items():
        candidates = []
        for i, one in enumerate(edges):
            for other in edges[i + 1 :]:
                if _may_join(streets, one, other):
                    straight = -float(_away(streets, one, node) @ _away(streets, other, node))
                    needed = -1.0 if streets.kinds[one] == AVENUE else STRAIGHT_ON_COS
                    if straight > needed:
                        candidates.append((-straight, one, other))
        for _, one, other in sorted(candidates):
            if (one, node) not in following and (other, node) not in following:
                following[one, node], following[other, node] = other, one
    return following


def _away(streets: Streets, edge: int, node: int) -> np.ndarray:
    a, b = streets.edges[edge]
    vector = streets.nodes_xy_m[b if a == node else a] - streets.nodes_xy_m[node]
    return np.asarray(vector / np.hypot(*vector))


def _walk(edge: int, streets: Streets, following: dict[tuple[int, int], int]) -> tuple[list[int], list[int]]:
    a, b = streets.edges[edge].tolist()
    chain, nodes = [edge], [a, b]
    for forwards in (True, False):
        here, node = edge, (b if forwards else a)
        while (on := following.get((here, node))) is not None and on not in chain:
            p, q = streets.edges[on].tolist()
            here, node = on, (q if p == node else p)
            if forwards:
                chain.append(here)
                nodes.append(node)
            else:
                chain.insert(0, here)
                nodes.insert(0, node)
    return chain, nodes
