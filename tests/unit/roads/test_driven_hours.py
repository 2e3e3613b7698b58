"""Legs take the speeds of the hour in which they are driven."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest

from services.city.registry import Registry
from services.contracts.planning import PlanMade
from services.planning.plan_day import plan_day
from services.roads.closures import DrawnLine
from services.roads.reach import city_places
from services.roads.roads import EstimatedRoads, Places, RoadSource, RoadTable, RoadVehicle
from services.roads.speeds import band_at, band_shares
from tests.support.example_town import example_town
from tests.support.orders import day_order

DAY = date(2026, 3, 3)
AT = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
SLOWER = {1: 3.0, 2: 1.0, 3: 1.5}
"""How much slower streets are in some bands: three times from 6 to 9 h."""


@dataclass
class JammedRoads:
    """Straight lines on which driving takes longer at some hours, and how often they were asked."""

    plain: EstimatedRoads
    source: RoadSource = "osm"
    closed: Sequence[DrawnLine] = ()
    asked: list[tuple[int, int] | None] = field(default_factory=list)

    def name(self, vehicle: RoadVehicle) -> str:
        return "truck" if vehicle.hours is None else f"truck@{vehicle.hours[0]}-{vehicle.hours[1]}"

    def table(self, vehicle: RoadVehicle, places: Places) -> RoadTable:
        self.asked.append(vehicle.hours)
        shares = band_shares(vehicle.hours) if vehicle.hours else {}
        slower = sum(share * SLOWER.get(band, 1.0) for band, share in shares.items()) or 1.0
        table = self.plain.table(vehicle, places)
        return replace(table, duration_s=np.ceil(table.duration_s * slower).astype(np.int32))

    def closing(self, lines: Sequence[DrawnLine]) -> "JammedRoads":
        assert not lines
        return self


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The example town of the documentation."""
    return example_town()


@pytest.fixture(scope="module")
def roads(registry: Registry) -> JammedRoads:
    """Slow in the morning."""
    return JammedRoads(EstimatedRoads(registry.city.roads))


@pytest.fixture(scope="module")
def plan(registry: Registry, roads: JammedRoads) -> PlanMade:
    """The town's day on these roads, after two seconds of search."""
    order = day_order(registry.city.id, DAY, AT, time_limit_s=2)
    return plan_day(order, registry, {}, now=lambda: AT, roads=roads)


def test_leg_from_a_container_takes_as_long_as_at_that_hour(
    registry: Registry, roads: JammedRoads, plan: PlanMade
) -> None:
    """Protects the hour: a leg driven in the jam is planned three times as long as the same leg before or after it."""
    rows, places = city_places(registry)
    number = {row.id: at for at, row in enumerate(rows)}
    plain_s = roads.plain.table(RoadVehicle("truck", 3, 2, 8, 9000, kerb_side=False), places).duration_s
    right, legs, bands = 0, 0, set()
    for circuit in plan.circuits:
        for here, there in pairwise(circuit.visits):
            if here.kind == "stop" and there.place is not None and here.place is not None:
                driven_s = (there.arrive_at - here.leave_at).total_seconds()
                band = band_at(here.leave_at.astimezone(registry.city.zone_info))
                expected_s = np.ceil(plain_s[number[here.place], number[there.place]] * SLOWER.get(band, 1.0))
                right, legs = right + (abs(driven_s - expected_s) <= 1), legs + 1
                bands.add(band)
    assert legs > 5
    assert right / legs >= 0.9  # a visit that the second step moved over the edge of a band keeps the band before
    assert 1 in bands


def test_roads_without_hours_are_asked_and_searched_once(registry: Registry) -> None:
    """Protects the time of search: where no hour differs there is no second step."""
    plain = EstimatedRoads(registry.city.roads)
    told: list[float] = []
    order = day_order(registry.city.id, DAY, AT, time_limit_s=1)
    made = plan_day(order, registry, {}, now=lambda: AT, roads=plain, on_improved=lambda s: told.append(s.elapsed_s))
    assert told == sorted(told)
    assert 0.9 <= made.solve_s <= 2.0
