"""Drivers: where they are, what they report, what they do to the containers."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from services.contracts.confirmations import ConfirmVisit
from services.contracts.telemetry import Position
from simulators.events import Confirmation, Outgoing
from simulators.trucks.habits import Habits
from simulators.world import World, circuits_of

DAY = date(2026, 11, 2)
STOPS = [f"C{k:03d}" for k in range(3, 25)]
CALM = Habits(gps_gap_chance=0, skip_chances={}, nearly_empty_ratio=0.0, speed_sigma=0, service_sigma=0)
PLAN = "6d1f7f0e-7d5f-4a58-9c8e-2f3f6c0d1a11"

MakeWorld = Callable[..., World]
MakeCircuit = Callable[..., dict[str, Any]]


def positions(events: list[Any]) -> list[dict[str, Any]]:
    return [json.loads(event.payload) for event in events if isinstance(event, Outgoing)]


def confirmations(events: list[Any]) -> list[Confirmation]:
    return [event for event in events if isinstance(event, Confirmation)]


def test_driver_confirms_every_visit_in_order(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Each stop and the landfill are reported once, in driving order, in the contract's words."""
    circuit = make_circuit(STOPS, plan_id=PLAN)
    reports = confirmations(list(make_world().drive([circuit], DAY)))
    assert [report.body["place"] for report in reports] == [*STOPS, "L1"]
    orders = [ConfirmVisit.model_validate(report.body) for report in reports]
    assert len({order.id for order in orders}) == len(orders)
    assert all(
        order.happened_at == report.happened_at.replace(microsecond=order.happened_at.microsecond)
        for order, report in zip(orders, reports, strict=True)
    )


def test_positions_come_every_ten_seconds(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """From leaving the depot to being back, on a steady beat, valid for the product."""
    events = list(make_world(habits=CALM).drive([make_circuit(STOPS)], DAY))
    sent = [event.happened_at.timestamp() for event in events if isinstance(event, Outgoing)]
    assert np.allclose(np.diff(sent), 10, atol=0.002)
    for event in events:
        if isinstance(event, Outgoing):
            assert event.topic == "tournee/v1/small-town/trucks/T1/position"
            Position.model_validate_json(event.payload, context={"now": event.happened_at})


def test_phone_never_tells_two_places_of_one_instant(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """A store keeps one position of a truck and an instant: of two, who waits for all of them waits for ever.

    At 20 ms a tick falls now and then between a leg's end and the whole millisecond where the next leg begins.
    """
    habits = Habits(position_every_s=0.02, gps_gap_chance=0, skip_chances={})
    events = make_world(habits=habits).drive([make_circuit(STOPS)], DAY)
    told = [position["happened_at"] for position in positions(list(events))]
    assert len(told) > 100_000
    assert len(set(told)) == len(told)


def test_trace_is_as_long_as_the_way(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Distances from GPS agree with the streets: without noise within 3 %, corners cut between two positions."""
    world = make_world(habits=replace(CALM, gps_noise_m=0.0))
    circuit = make_circuit(STOPS)
    spots = [world.roads.place_xy_m(v["place"], v["lon"], v["lat"]) for v in circuit["visits"]]
    streets_m = sum(world.roads.way(a, b).distance_m for a, b in itertools.pairwise(spots))
    trace = [(p["lon"], p["lat"]) for p in positions(list(world.drive([circuit], DAY)))]
    xy_m = world.city.plane.to_xy_m(np.array(trace))
    assert np.hypot(*np.diff(xy_m, axis=0).T).sum() == pytest.approx(streets_m, rel=0.03)


def test_noise_is_some_metres(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """A cheap phone is about 5 m off in each direction, so some 7 m in all."""
    calm, exact = CALM, replace(CALM, gps_noise_m=0.0)
    noisy_trace, true_trace = (
        np.array(
            [(p["lon"], p["lat"]) for p in positions(list(make_world(habits=h).drive([make_circuit(STOPS)], DAY)))]
        )
        for h in (calm, exact)
    )
    plane = make_world().city.plane
    count = min(len(noisy_trace), len(true_trace))
    off_m = plane.to_xy_m(noisy_trace[:count]) - plane.to_xy_m(true_trace[:count])
    assert 3 < np.median(np.abs(off_m)) * 1.48 < 7 or count < 50


def test_emptied_container_is_empty_in_later_readings(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Driving changes the truth: a done stop is empty from its confirmation on, a skipped one is not."""
    world = make_world()
    for report in confirmations(list(world.drive([make_circuit(STOPS)], DAY))):
        if report.body["kind"] == "stop":
            at_s = report.happened_at.timestamp()
            level = world.bins.level_of_l(report.body["place"], at_s)
            assert (level < 1) == (report.body["outcome"] == "done")


def test_skips_have_reasons(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Half of all lanes blocked: every skip says why, no done stop does, and the container keeps its waste."""
    world = make_world(habits=Habits(skip_chances={"blocked": 0.3, "damaged": 0.2}))
    reports = [r.body for r in confirmations(list(world.drive([make_circuit(STOPS)], DAY)))]
    skipped = [body for body in reports if body["outcome"] == "skipped"]
    assert {body["reason"] for body in skipped} >= {"blocked", "damaged"}
    assert 0.25 < len(skipped) / len(STOPS) < 0.8
    assert all(body["reason"] is None for body in reports if body["outcome"] == "done")
    assert all(world.bins.emptyings(body["place"]) == () for body in skipped)


def test_nearly_empty_container_is_left(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """A crew that finds next to nothing goes on, and says so."""
    world = make_world(habits=replace(CALM, nearly_empty_ratio=0.12, leave_nearly_empty_chance=1.0))
    for stop in STOPS:
        world.bins.empty(stop, datetime(2026, 11, 2, 4, 59, tzinfo=UTC).timestamp())
    reports = [r.body for r in confirmations(list(world.drive([make_circuit(STOPS[:8])], DAY)))]
    assert {body["reason"] for body in reports if body["kind"] == "stop"} == {"not_full"}


def test_full_truck_leaves_the_rest(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """After weeks without a round the body is full before the list is: the others are skipped as `truck_full`.

    40 containers with three weeks of waste hold some 9,000 L a day * 21 = far beyond 14,000 L * 2.5 * 1.1 = 38,500 L.
    """
    world = make_world(habits=CALM)
    day = DAY + timedelta(days=21)
    everything = [c.id for c in world.city.containers]
    reports = [r.body for r in confirmations(list(world.drive([make_circuit(everything, day=day)], day)))]
    assert "truck_full" in {body["reason"] for body in reports}
    assert reports[-1]["kind"] == "disposal"


def test_same_seed_same_drive(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """A demo can be repeated to the byte, ids of confirmations included."""
    one, two = (list(make_world(seed=3).drive([make_circuit(STOPS)], DAY)) for _ in range(2))
    assert one == two
    assert list(make_world(seed=4).drive([make_circuit(STOPS)], DAY)) != one


def test_live_day_is_in_time_order_and_consistent(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Merged by time, the readings already know of the emptyings before them: the same as driving first."""
    plan = {"plan_id": PLAN, "day": DAY.isoformat(), "circuits": [make_circuit(STOPS), make_circuit(["C030"], "T2")]}
    merged = list(make_world().live_day(DAY, circuits_of(plan)))
    assert all(a.happened_at <= b.happened_at for a, b in itertools.pairwise(merged))
    world = make_world()
    driven = list(world.drive(circuits_of(plan), DAY))
    readings = list(world.readings(*world.bounds(DAY)))
    assert [e for e in merged if isinstance(e, Outgoing) and e.topic.endswith("reading")] == readings
    assert confirmations(merged) == confirmations(driven)
    assert len(merged) == len(driven) + len(readings)


def test_circuit_of_another_day_is_refused(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """Yesterday's circuit must not be driven by mistake."""
    with pytest.raises(ValueError, match="2026-11-02"):
        list(make_world().drive([make_circuit(STOPS)], DAY + timedelta(days=1)))


def test_confirmed_stops_are_not_driven_twice(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """A phone that was switched off comes back to what is left."""
    circuit = make_circuit(STOPS)
    for visit in circuit["visits"][1:6]:
        visit["confirmed"] = {"outcome": "done"}
    reports = confirmations(list(make_world().drive([circuit], DAY)))
    assert [report.body["place"] for report in reports] == [*STOPS[5:], "L1"]


def test_new_circuit_is_taken_over_from_where_the_truck_is(make_world: MakeWorld, make_circuit: MakeCircuit) -> None:
    """It begins at the depot, the truck is in town: the crew drives to its next stop, and not home first."""
    world = make_world(habits=replace(CALM, gps_noise_m=0.0))
    before = world.driver(make_circuit(STOPS, plan_id=PLAN))
    reports = (event for event in before.events() if isinstance(event, Confirmation))
    for _ in range(5):
        next(reports)
    here = before.here_xy_m
    driver = world.driver(make_circuit(STOPS[5:], plan_id="0b7e4f53-7a51-4f0e-8d62-0c7b2e5a9d10"))
    driver.take_over(before, before.at_s)
    events = list(itertools.takewhile(lambda event: isinstance(event, Outgoing), driver.events()))
    trace = np.array([(p["lon"], p["lat"]) for p in positions(events)])
    driven_m = np.hypot(*np.diff(np.vstack([here, world.city.plane.to_xy_m(trace)]), axis=0).T).sum()
    stop = next(v for v in driver.circuit["visits"] if v["place"] == STOPS[5])
    way_m = world.roads.way(here, world.roads.place_xy_m(stop["place"], stop["lon"], stop["lat"])).distance_m
    assert driven_m <= way_m + 20
