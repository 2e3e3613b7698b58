"""Where to unload, for a fixed order of stops: the cheapest cuts into trips, by dynamic programming."""

from __future__ import annotations

from routing.instance import Instance, Truck


def place_unloading(instance: Instance, truck: Truck, order: list[int]) -> list[int] | None:
    """Return the sequence with the cheapest disposal visits for this order of stops; None when there is none.

    Looks at load and money only: the caller checks times, and what sites refuse.
    """
    if not order or not truck.sites:
        return None
    detours = _detours(truck, order)
    cuts = _cheapest_cuts(instance, truck, order, [extra for extra, _ in detours])
    if cuts is None or len(cuts) > truck.max_trips:
        return None
    seq, done = [truck.start], 0
    for cut in cuts:
        seq += [*order[done:cut], detours[cut - 1][1]]
        done = cut
    seq.append(truck.end)
    return seq


def _detours(truck: Truck, order: list[int]) -> list[tuple[float, int]]:
    """Cost of unloading between each stop and the next (or the end depot), and at which site."""
    arc, serve, detours = truck.arc, truck.serve, []
    for here, there in zip(order, [*order[1:], truck.end], strict=True):
        direct = arc[here][there] if there != truck.end else 0.0
        arc_here = arc[here]
        detours.append(min((arc_here[site] + serve[site] + arc[site][there] - direct, site) for site in truck.sites))
    return detours


def _cheapest_cuts(instance: Instance, truck: Truck, order: list[int], extra: list[float]) -> list[int] | None:
    """Positions after which to unload, the last one after the last stop; a sliding window of best starts."""
    kg_of, l_of, kg_cap, l_cap = instance.kg, instance.l, truck.kg, truck.l
    cost, back = [0.0], [0]  # cost[j]: first j stops collected and unloaded; back[j]: the cut before
    window = [0]  # candidate cuts, cheapest first, each cheaper than those after it could be
    head = first = 0
    kg = litres = 0.0
    for here, stop in enumerate(order):
        kg += kg_of[stop]
        litres += l_of[stop]
        while kg > kg_cap or litres > l_cap:
            kg -= kg_of[order[first]]
            litres -= l_of[order[first]]
            first += 1
            if first > here + 1:
                return None
        while window[head] < first:
            head += 1
            if head >= len(window):
                return None
        start = window[head]
        total = cost[start] + extra[here]
        cost.append(total)
        back.append(start)
        while len(window) > head and cost[window[-1]] >= total:
            window.pop()
        window.append(here + 1)
    cuts, at = [], len(order)
    while at:
        cuts.append(at)
        at = back[at]
    return cuts[::-1]
