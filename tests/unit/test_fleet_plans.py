"""Two fleets of one town on one day: each is planned by itself, and neither is seen in the other's plan."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, uuid5

import pytest

from services.city.fleets import UnknownFleet
from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET, scope_name
from services.contracts.planning import PlanMade
from services.planning.morning import morning_order
from services.planning.plan_day import plan_day
from tests.support.example_town import FLEET_OF_TRUCK, LORRIES, TIPPERS, example_town, two_fleet_town
from tests.support.orders import day_order

DAY = date(2026, 3, 3)  # a Tuesday
AS_OF = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def town() -> Registry:
    """The example town, shared by two fleets."""
    return two_fleet_town()


def planned(town: Registry, fleet: str) -> PlanMade:
    order = day_order(town.city.id, DAY, AS_OF).model_copy(update={"fleet": fleet})
    return plan_day(order, town, {}, now=lambda: AS_OF)


@pytest.mark.parametrize(("fleet", "containers"), [(LORRIES, 9), (TIPPERS, 3)])
def test_plan_speaks_of_its_fleet_alone(town: Registry, fleet: str, containers: int) -> None:
    """Nobody is forgotten and nobody is served twice: every container has its word in exactly one plan."""
    made = planned(town, fleet)
    told = {f.container for f in made.forecasts}
    assert made.fleet == fleet
    assert len(told) == containers
    assert {visit.place for circuit in made.circuits for visit in circuit.stops} | {
        row.container for row in made.unserved
    } == told
    assert {FLEET_OF_TRUCK[circuit.truck] for circuit in made.circuits} == {fleet}


def test_plan_is_measured_against_the_fixed_circuits_of_its_trucks(town: Registry) -> None:
    """On a Tuesday RB-1021 drove Sè's circuit of four, and RB-2210 stayed in: that is the tippers' other side."""
    lorries, tippers = planned(town, LORRIES).baseline, planned(town, TIPPERS).baseline
    assert lorries is not None
    assert (lorries.circuits, lorries.stops) == (1, 4)
    assert tippers is not None
    assert (tippers.circuits, tippers.stops) == (0, 0)


def test_trucks_that_drove_nothing_before_are_measured_against_nothing(town: Registry) -> None:
    """A new fleet's litres are all more than before; without that, parting the city would look like a saving."""
    kept = tuple(stop for stop in town.baseline if stop.truck == "RB-1021")
    figures = planned(town.model_copy(update={"baseline": kept}), TIPPERS).baseline
    assert figures is not None
    assert (figures.circuits, figures.fuel_l) == (0, 0)
    assert planned(town.model_copy(update={"baseline": ()}), TIPPERS).baseline is None


def test_city_without_fleets_is_planned_whole_under_the_only_ones_name() -> None:
    """And an order for a fleet that it does not have is refused, naming those that it has."""
    town = example_town()
    made = planned(town, ONLY_FLEET)
    assert (made.fleet, len(made.forecasts)) == (ONLY_FLEET, 12)
    with pytest.raises(UnknownFleet, match="has no fleet lorries: it has main"):
        planned(town, LORRIES)


def test_each_fleets_morning_has_an_id_of_its_own(town: Registry) -> None:
    """The only fleet's is what it was before there were others, so that an upgrade at 04:31 orders no day twice."""
    at = datetime(2026, 7, 1, 3, 30, tzinfo=UTC)  # 04:30 in Porto-Novo
    orders = {fleet: morning_order(town.city, fleet, at) for fleet in (LORRIES, TIPPERS, ONLY_FLEET)}
    ids = {fleet: order.request_id for fleet, order in orders.items() if order}
    assert len(set(ids.values())) == 3
    assert ids[ONLY_FLEET] == uuid5(NAMESPACE_URL, "tournee:morning:houeyogbe:2026-07-01")
    assert {fleet: order.fleet for fleet, order in orders.items() if order} == {fleet: fleet for fleet in orders}


def test_only_fleet_goes_without_saying() -> None:
    """In logs and on the doctor's lines a city of one fleet reads as it always did."""
    assert (scope_name("houeyogbe", ONLY_FLEET), scope_name("houeyogbe", TIPPERS)) == ("houeyogbe", "houeyogbe/tippers")
