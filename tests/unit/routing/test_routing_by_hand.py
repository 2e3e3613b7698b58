"""Plans changed by hand: done as wanted, what breaks is said, and the price before the drop is the price after it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from routing import Break, DisposalSite, PlanError, Problem, Solution, Stop, Unserved, Vehicle, check
from routing.by_hand import Before, Broken, drive, put_in, take_out, where_to_put, without_site
from routing.explain.untimed import Town, UntimedRoute
from routing.solution import Reason, Route
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

LANDFILL = DisposalSite("L", 1, 600, ((0, 20_000),))
OTHER = replace(TRUCK, id="T2")


def circuit(problem: Problem, *ids: str, truck: Vehicle = TRUCK) -> UntimedRoute:
    """Depot, the named stops and sites, depot."""
    town = Town(problem)
    rows = {row.id: row for row in (*problem.stops, *problem.disposal_sites)}
    parked = town.parked(truck)
    return parked.with_places([parked.places[0], *(rows[one] for one in ids), parked.places[1]])


def order_of(untimed: UntimedRoute) -> list[str]:
    return [place.id for place in untimed.places[1:-1]]


def judged(problem: Problem, route: Route) -> list[str]:
    """What `routing.check` finds wrong with this one route."""
    served = set(route.stop_ids)
    left = tuple(Unserved(stop.id, Reason.NOT_FOUND) for stop in problem.stops if stop.id not in served)
    found = check(problem, Solution(problem.name, (route,), left)).violations
    return [text for text in found if not text.endswith(": required, left out")]


def test_circuit_that_keeps_every_hour_is_driven_at_its_best_timing() -> None:
    """Bins at 2 and 3 km, landfill at 5: 5 km out and 5 back = 1,000 s, 2 x 60 + 600 s of service."""
    town = make_town([0, 5, 2, 3], [bin_at(2), bin_at(3)], sites=(LANDFILL,))
    driven = drive(circuit(town, "B2", "B3", "L"))
    assert driven.broken == ()
    assert (driven.bill.distance_m, driven.bill.duty_s) == (10_000, 1_720)
    assert driven.bill.cost == pytest.approx(10 + 17.20)  # 10 l at 1, 1,720 s at 0.01
    assert driven.route is not None
    assert judged(town, driven.route) == []


def test_load_that_is_too_much_is_driven_and_said() -> None:
    """Three bins of 400 kg on a truck of 1,000: 200 kg too many when it comes to the landfill."""
    town = make_town([0, 5, 2, 3, 4], [bin_at(2), bin_at(3), bin_at(4)], sites=(LANDFILL,))
    driven = drive(circuit(town, "B2", "B3", "B4", "L"))
    assert driven.broken == (Broken("T1", "load_kg", 200, "L"),)
    assert driven.route is not None
    assert judged(town, driven.route) == ["T1: overloaded after B4 (1200 kg, 1200 l)"]


def test_circuit_that_is_late_leaves_at_once_and_says_by_how_much() -> None:
    """Landfill closes at 400: the truck is there after 5 km and a bin, at 560; it is home at 560 + 600 + 500."""
    truck = replace(TRUCK, shift=(0, 1_500))
    town = make_town([0, 5, 2], [bin_at(2)], [truck], (replace(LANDFILL, open=((0, 400),)),))
    driven = drive(circuit(town, "B2", "L", truck=truck))
    assert driven.broken == (Broken("T1", "site_hours", 160, "L"), Broken("T1", "time", 160))
    assert driven.route is not None
    assert driven.route.visits[0].leave_s == 0


def test_late_circuit_waits_at_the_depot_rather_than_before_a_door() -> None:
    """B3 opens at 5,000: nobody is served sooner by leaving at 0; the shift of 3,000 breaks anyway."""
    truck = replace(TRUCK, shift=(0, 3_000))
    town = make_town([0, 5, 2, 3], [bin_at(2), bin_at(3, windows=((5_000, 6_000),))], [truck], (LANDFILL,))
    driven = drive(circuit(town, "B2", "B3", "L", truck=truck))
    assert [row.rule for row in driven.broken] == ["time"]
    assert driven.route is not None
    # 200 s to B2, 60 there, 100 s on to B3: leaves at 5,000 - 360.
    assert driven.route.visits[0].leave_s == 4_640


def test_late_crew_takes_its_break_all_the_same() -> None:
    """The break begins between 100 and 150, the bin is to be served at 100: after 600 s of rest, 600 s late or more."""
    truck = replace(TRUCK, rest=Break(600, (100, 150)))
    town = make_town([0, 5, 1], [bin_at(2, service_s=300, windows=((100, 100),))], [truck], (LANDFILL,))
    driven = drive(circuit(town, "B2", "L", truck=truck))
    assert driven.broken == (Broken("T1", "window", 700, "B2"),)  # at the depot until 700, 100 s to drive
    assert driven.route is not None
    assert [visit.kind for visit in driven.route.visits][1] == "break"


def test_stop_is_put_before_another_and_the_rest_stays_in_order() -> None:
    town = make_town([0, 5, 2, 3, 4], [bin_at(2), bin_at(3), bin_at(4)], sites=(LANDFILL,))
    here = circuit(town, "B2", "B4", "L")
    assert order_of(put_in(here, town.stops[1], Before("B2"))) == ["B3", "B2", "B4", "L"]
    assert order_of(put_in(here, town.stops[1], Before(None))) == ["B2", "B4", "B3", "L"]
    assert order_of(put_in(circuit(town, "B2", "L"), town.stops[1])) == ["B2", "B3", "L"]


def test_stop_goes_before_none_that_is_not_there() -> None:
    town = make_town([0, 5, 2, 3], [bin_at(2), bin_at(3)], sites=(LANDFILL,))
    with pytest.raises(PlanError, match="B9 is not in the circuit of T1"):
        put_in(circuit(town, "B2", "L"), town.stops[1], Before("B9"))


def test_stop_taken_out_takes_its_unloading_along_when_alone() -> None:
    town = make_town([0, 5, 2, 3], [bin_at(2), bin_at(3)], sites=(LANDFILL,))
    assert order_of(take_out(circuit(town, "B2", "L", "B3", "L"), "B3")) == ["B2", "L"]
    assert take_out(circuit(town, "B2", "L"), "B2").is_parked()


def test_closed_site_sends_trips_to_the_next_that_takes_their_waste() -> None:
    """M at 6 km takes glass alone, N at 9 km anything: trips of residual waste go to N."""
    sites = (
        replace(LANDFILL, open=()),
        DisposalSite("M", 3, 600, ((0, 20_000),), frozenset({"glass"})),
        DisposalSite("N", 4, 600, ((0, 20_000),)),
    )
    town = make_town([0, 5, 2, 6, 9], [bin_at(2)], sites=sites)
    assert order_of(without_site(circuit(town, "B2", "L"), "L")) == ["B2", "N"]
    nowhere = make_town([0, 5, 2], [bin_at(2)], sites=sites[:1])
    stuck = without_site(circuit(nowhere, "B2", "L"), "L")
    assert [row.rule for row in drive(stuck).broken] == ["site_closed"]


def test_where_to_put_says_price_and_next_stop_and_what_breaks() -> None:
    """B3 at 3 km: T1 passes it on its way (60 s of service, no metre); T2 stays at home else; T3 carries glass."""
    glass = replace(TRUCK, id="T3", streams=frozenset({"glass"}))
    town = make_town(
        [0, 5, 2, 3, 4], [bin_at(2), bin_at(3), bin_at(4, demand_kg=100)], [TRUCK, OTHER, glass], (LANDFILL,)
    )
    circuits = [circuit(town, "B2", "B4", "L"), circuit(town, truck=OTHER), circuit(town, truck=glass)]
    first, second, third = where_to_put(town.stops[1], circuits)
    assert (first.vehicle, first.extra.distance_m, first.extra.duty_s, first.before) == ("T1", 0, 60, "B4")
    assert (second.vehicle, second.extra.distance_m, second.extra.duty_s) == ("T2", 10_000, 1_660)
    assert (third.vehicle, [row.rule for row in third.broken]) == ("T3", ["not_carried"])


def test_full_truck_names_what_would_have_to_fall_out() -> None:
    """800 kg aboard and one trip allowed: of two bins that may wait, the one whose waiting costs least makes room."""
    truck = replace(TRUCK, max_trips=1)
    stops = [bin_at(2, required=False, prize=50.0), bin_at(3, required=False, prize=20.0), bin_at(4)]
    town = make_town([0, 5, 2, 3, 4], stops, [truck], (LANDFILL,))
    (offer,) = where_to_put(stops[2], [circuit(town, "B2", "B3", "L", truck=truck)])
    assert offer.falls_out == "B3"
    assert [row.rule for row in offer.broken] in (["load_kg"], ["trips"])


@pytest.mark.parametrize("seed", range(60))
def test_price_before_the_drop_is_that_of_the_best_place_by_brute_force(seed: int) -> None:
    """Every place in a trip and every trip of its own, each judged and priced by `routing.check` alone."""
    dice = random.Random(seed)
    town, here, stop = random_case(dice)
    while drive(here).broken:  # in one that is broken already nothing is put cleanly
        town, here, stop = random_case(dice)
    (offer,) = where_to_put(stop, [here])
    routes = [driven.route for driven in map(drive, every_place(here, stop, splitting=False)) if driven.route]
    prices = [price(town, route) for route in routes if judged(town, route) == []]
    now = drive(here).route
    assert now is not None
    assert offer.fits == bool(prices)
    if prices:
        assert offer.extra.cost == pytest.approx(min(prices) - price(town, now))


@pytest.mark.parametrize("seed", range(200))
def test_what_is_said_to_break_is_what_the_judge_finds(seed: int) -> None:
    """Neither a fault that is not said, nor one that is none."""
    town, here, stop = random_case(random.Random(1_000 + seed))
    for untimed in (here, *every_place(here, stop)):
        driven = drive(untimed)
        assert driven.route is not None
        assert bool(driven.broken) == bool(judged(town, driven.route)), (driven.broken, judged(town, driven.route))


def price(problem: Problem, route: Route) -> float:
    """Money of this one route, as the judge prices it."""
    return check(replace(problem, stops=only(problem, route)), Solution(problem.name, (route,))).cost


def only(problem: Problem, route: Route) -> tuple[Stop, ...]:
    return tuple(stop for stop in problem.stops if stop.id in route.stop_ids)


def every_place(here: UntimedRoute, stop: Stop, *, splitting: bool = True) -> list[UntimedRoute]:
    """Alone at every position, and with a visit to each site: between trips, where `splitting` within them too."""
    found = []
    for at in range(1, len(here.places)):
        between = not isinstance(here.places[at - 1], Stop)
        trips = [(stop, site) for site in here.problem.disposal_sites] if between or splitting else []
        for more in ((stop,), *trips):
            longer = here.with_places([*here.places[:at], *more, *here.places[at:]])
            if isinstance(longer.places[-2], DisposalSite):
                found.append(longer)
    return found


def random_case(dice: random.Random) -> tuple[Problem, UntimedRoute, Stop]:
    """A truck with two or three trips of a few stops, hours here and there, and one stop that is in none."""
    km = [0.0, 5.0, 8.0, *(dice.uniform(0, 9) for _ in range(6))]
    windows = [(), (), ((0, 3_000),), ((1_500, 4_000),), ((500, 900), (2_500, 3_500))]
    stops = [
        bin_at(
            number, demand_kg=dice.choice([100, 300, 500]), windows=dice.choice(windows), required=dice.random() < 0.5
        )
        for number in range(3, 9)
    ]
    truck = replace(
        TRUCK,
        shift=(0, dice.choice([3_000, 5_000, 9_000])),
        max_trips=dice.choice([None, 2, 3]),
        max_stops=dice.choice([None, None, 5]),
        max_distance_m=dice.choice([None, 40_000]),
        rest=dice.choice([None, Break(600, (1_000, 2_500))]),
    )
    sites = (DisposalSite("L", 1, 300, ((0, 6_000),)), DisposalSite("M", 2, 200, ((0, 2_500), (3_000, 9_000))))
    town = make_town(km, stops, [truck], sites)
    first, second = [s.id for s in stops[:3]], [s.id for s in stops[3:5]]
    ids = [*first, dice.choice("LM"), *(second if dice.random() < 0.7 else []), dice.choice("LM")]
    if ids[-2] in ("L", "M"):
        ids.pop()
    return town, circuit(town, *ids, truck=truck), stops[5]
