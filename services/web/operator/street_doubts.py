"""Closed streets that a plan does not know, or cannot go round, and containers beside those it goes round."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from services.city.geometry import to_metres
from services.contracts.planning import PlanMade
from services.web.ground.closed_streets import SaidStreet
from services.web.operator.store import ContainerRow

BESIDE_M = 25.0
"""From the drawn line to a container that stands in the street. Assumed."""

type StreetDoubt = tuple[str, str, ContainerRow | None]
"""What is doubtful, the street's name, and the container it is about, if it is about one."""


def doubtful_streets(
    plan: PlanMade, closed: Sequence[SaidStreet], containers: Sequence[ContainerRow]
) -> Iterator[StreetDoubt]:
    """Streets closed since the plan was made, opened since, or not gone round; then due containers in closed ones."""
    known, now_closed = {street.street for street in plan.closed_streets}, {street.street_id for street in closed}
    for said in closed:
        if said.street_id not in known and said.said_at > plan.as_of:
            yield "street_since", said.name, None
    for street in plan.closed_streets:
        if street.street not in now_closed and street.is_closed_at(plan.made_at):
            yield "street_opened", street.name, None
        if not street.avoided:
            yield "street_no_effect", street.name, None
    due = {forecast.container for forecast in plan.forecasts if forecast.due}
    rows = [row for row in containers if row.container_id in due]
    lonlat = np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2)
    for street in plan.closed_streets if rows else ():
        for number in np.flatnonzero(_off_m(lonlat, np.array(street.line)) <= BESIDE_M).tolist():
            yield "street_beside", street.name, rows[number]


def _off_m(lonlat: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(n,) metres to the line."""
    at, drawn = to_metres(lonlat, line[0]), to_metres(line, line[0])
    off_m = np.full(len(at), np.inf)
    for begin, end in pairwise(drawn):
        piece = end - begin
        share = np.clip((at - begin) @ piece / max(float(piece @ piece), 1e-9), 0, 1)
        off_m = np.minimum(off_m, np.hypot(*(at - begin - share[:, None] * piece).T))
    return off_m
