"""Cut a plan into districts of neighbouring routes, each a smaller problem of its own, and put their plans together.

A district is searched with its own small matrices, beside the others, on any core. Each round cuts elsewhere, so that
no seam stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays, ranged
from routing.engine.plan import Note, Plan, empty_note, empty_plan
from routing.sectors import Ground, Ints, deal_parked


@dataclass(frozen=True, slots=True)
class District:
    """Stops and trucks of a larger problem: `stops[i]` and `trucks[t]` say which ones stop i and truck t are there."""

    arrays: Arrays
    stops: Ints
    trucks: Ints


def cut_out(whole: Arrays, stops: Ints, trucks: Ints) -> District:
    """The smaller problem of some stops and trucks, with all disposal sites and depots."""
    n = len(stops)
    rest = np.arange(whole.stops, len(whole.nodes))
    old_nodes = np.concatenate([stops, rest])
    new_node = np.full(len(whole.nodes), -1, np.int32)
    new_node[old_nodes] = np.arange(len(old_nodes), dtype=np.int32)
    crew = whole.trucks[trucks].copy()
    crew["start"], crew["end"] = new_node[crew["start"]], new_node[crew["end"]]
    solo = whole.solo[:, stops].copy()
    solo["site"] = np.where(solo["site"] >= 0, new_node[solo["site"]], -1)
    of_kind, kind_at = ranged(crew, len(whole.serve))
    arrays = whole._replace(
        stops=n,
        sites_end=n + whole.sites_end - whole.stops,
        nodes=whole.nodes[old_nodes],
        roads=np.ascontiguousarray(whole.roads[:, old_nodes[:, None], old_nodes[None, :]]),
        trucks=crew,
        serve=np.ascontiguousarray(whole.serve[:, old_nodes]),
        can=np.ascontiguousarray(whole.can[:, stops]),
        solo=solo,
        by_solo=np.ascontiguousarray(whole.by_solo[stops]),
        of_kind=of_kind,
        kind_at=kind_at,
        near=_kept_neighbours(whole.near[stops], new_node),
        wishes=whole.wishes._replace(company=_kept_neighbours(whole.wishes.company[stops], new_node)),
    )
    return District(arrays, stops, trucks)


def _kept_neighbours(near: NDArray[np.int32], new_node: NDArray[np.int32]) -> NDArray[np.int32]:
    """Neighbours by their new numbers, those outside left out, still nearest first."""
    kept = np.where(near >= 0, new_node[near], -1).astype(np.int32)
    order = np.argsort(kept < 0, axis=1, kind="stable")
    return np.ascontiguousarray(np.take_along_axis(kept, order, axis=1))


def note_inside(whole: Arrays, plan: Note, district: District) -> Note:
    """What the plan says about a district, in its numbering."""
    inside = empty_note(empty_plan(district.arrays))
    new_node = _new_nodes(whole, district)
    for number, truck in enumerate(district.trucks):
        length = int(plan.length[truck])
        inside.length[number] = length
        inside.seq[number, :length] = new_node[plan.seq[truck, :length]]
    return inside


def write_back(whole: Arrays, district: District, inside: Note, plan: Note) -> None:
    """Put a district's routes into the plan of the whole. The plan's cost is not touched: redraw it."""
    old_node = np.concatenate([district.stops, np.arange(whole.stops, len(whole.nodes))])
    for number, truck in enumerate(district.trucks):
        length = int(inside.length[number])
        plan.length[truck] = length
        plan.seq[truck, :length] = old_node[inside.seq[number, :length]]


def _new_nodes(whole: Arrays, district: District) -> NDArray[np.int32]:
    old_node = np.concatenate([district.stops, np.arange(whole.stops, len(whole.nodes))])
    new_node = np.full(len(whole.nodes), -1, np.int32)
    new_node[old_node] = np.arange(len(old_node), dtype=np.int32)
    return new_node


def ground_of(whole: Arrays) -> Ground:
    """What lies near what in a problem, by its nodes."""
    return Ground([roads[:, :, 0] for roads in whole.roads])


def cut_routes(whole: Arrays, plan: Plan, ground: Ground, most_stops: int, rng: Random) -> list[District]:
    """Cut a plan in districts of whole routes that lie together, at most about `most_stops` each.

    Stops nobody serves go with the route whose medoid is nearest; parked trucks are dealt out, kind by kind.
    """
    used = np.flatnonzero(plan.routes["length"][:-1])
    truck_of = plan.placed["truck"]
    medoids = np.array([ground.medoid(np.flatnonzero(truck_of == truck)) for truck in used], np.intp)
    weights = np.array([int(plan.routes[truck]["stops"]) for truck in used])
    groups = ground.cut(medoids, weights, most_stops, rng) if len(used) else [used]
    group_of_truck = np.full(len(whole.trucks), -1)
    for number, group in enumerate(groups):
        group_of_truck[used[group]] = number
    deal_parked(whole.trucks["kind"], group_of_truck, len(groups), rng)
    group_of_stop = np.where(truck_of >= 0, group_of_truck[truck_of], -1)
    free = np.flatnonzero(group_of_stop < 0)
    if len(free) and len(used):
        group_of_stop[free] = group_of_truck[used[ground.nearest(free, medoids)]]
    group_of_stop[group_of_stop < 0] = 0
    return [
        cut_out(whole, np.flatnonzero(group_of_stop == number), np.flatnonzero(group_of_truck == number))
        for number in range(len(groups))
    ]


def cut_ground(whole: Arrays, ground: Ground, most_stops: int, rng: Random) -> list[District]:
    """Cut a problem nobody has planned yet into districts of neighbouring stops, with trucks by their waste."""
    worthy = np.flatnonzero(whole.nodes["worth"][: whole.stops])
    groups = ground.cut(worthy, np.ones(len(worthy), np.intp), most_stops, rng)
    group_of_stop = np.zeros(whole.stops, np.intp)
    for number, group in enumerate(groups):
        group_of_stop[worthy[group]] = number
    group_of_truck = np.full(len(whole.trucks), -1)
    load = np.array([_share_of_load(whole, worthy[group]) for group in groups])
    owed = np.zeros(len(groups))
    for (
        truck
    ) in whole.of_kind:  # kind by kind: each group gets its share of each, and of many kinds with one truck each
        owed += load / load.sum()
        group_of_truck[truck] = owed.argmax()
        owed[group_of_truck[truck]] -= 1
    return [
        cut_out(whole, np.flatnonzero(group_of_stop == number), np.flatnonzero(group_of_truck == number))
        for number in range(len(groups))
    ]


def _share_of_load(whole: Arrays, stops: Ints) -> float:
    """Waste that must go, plus half of what may: optional stops are partly left out."""
    nodes = whole.nodes[stops]
    return float(1.0 + (nodes["demand_kg"] * np.where(nodes["required"], 1.0, 0.5)).sum())
