"""An order's instant: a plan can be made again later, from what was known when it was made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from infra.migrate import migrate
from services.city.registry import Registry
from services.city.store import store_registry
from services.contracts import topics
from services.contracts.planning import PlanDay, PlanDispatched, PlanMade, PlanningProgressed, Visit
from services.planning.planner import Planner
from services.store.connection import Connection, connect
from services.writer.beliefs import keep_beliefs
from services.writer.day import store_confirmations, store_dispatches, store_plans
from services.writer.telemetry import ReadingRow, store_reading_rows
from tests.support.circuits import confirm_sent
from tests.support.evidence import visit_confirmed
from tests.support.example_town import example_town
from tests.twins.stream import MemoryStream

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)
MORNING = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class HeldClock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


class Town:
    """A planner, and the example town's store as the writer fills it."""

    def __init__(self, connection: Connection, registry: Registry) -> None:
        self.clock = HeldClock(MORNING)
        self._connection = connection
        self._city = registry.city.id
        self._stream = MemoryStream()
        self._planner = Planner(self._stream, self.clock)
        self.containers = [container.id for container in registry.containers]
        self.truck = next(truck.id for truck in registry.trucks if truck.truck_class == "compacteur")
        self.zones = {container.id: container.zone for container in registry.containers}
        self._kinds = {container.id: (container.kind, container.stream) for container in registry.containers}

    def likes_of(self, container: str) -> set[str]:
        """Containers of the same kind and stream."""
        return {other for other, kind in self._kinds.items() if kind == self._kinds[container]}

    def hear(self, container: str, fills: dict[float, float], received_after_h: float = 0.0) -> None:
        """Readings by their hour before (-) or after the morning; received so much later."""
        rows: list[ReadingRow] = [
            (self._city, container, MORNING + h * HOUR, MORNING + (h + received_after_h) * HOUR, fill, None, None)
            for h, fill in fills.items()
        ]
        with self._connection.transaction():
            store_reading_rows(self._connection, rows)

    def empty(self, container: str, hour: float, received_after_h: float = 0.0, truck: str = "T1") -> None:
        at = MORNING + hour * HOUR
        word = visit_confirmed(self._city, container, at, at + received_after_h * HOUR)
        confirmed = word.model_copy(update={"truck": truck})
        with self._connection.transaction():
            confirm_sent(self._connection, [confirmed])

    def send(self, plan: PlanMade, hour: float) -> None:
        """Store a plan and send it, so many hours after the morning."""
        sent = PlanDispatched(
            dispatch_id=uuid4(), plan_id=plan.plan_id, city=self._city, day=DAY, dispatched_by="awa",
            dispatched_at=MORNING + hour * HOUR,
        )  # fmt: skip
        with self._connection.transaction():
            store_plans(self._connection, [plan])
            store_dispatches(self._connection, [sent])

    def spoil(self, plan: PlanMade) -> None:
        """What nobody would write, and a restore from half a backup might leave."""
        with self._connection.transaction():
            self._connection.execute(
                "UPDATE plan SET document = document - 'circuits' WHERE plan_id = %s", (plan.plan_id,)
            )

    def say(self, plan: PlanMade, truck: str, stop: Visit, late_h: float = 0.0) -> None:
        """A crew has emptied a container when it was planned to; the office hears of it so much later."""
        word = visit_confirmed(self._city, stop.place or "", stop.leave_at, stop.leave_at + late_h * HOUR)
        with self._connection.transaction():
            said = word.model_copy(update={"truck": truck, "plan_id": plan.plan_id})
            store_confirmations(self._connection, [said])

    def fold(self) -> None:
        assert keep_beliefs(self._connection, now=self.clock.now(), keep_readings_days=730) is not None

    def plan(self, as_of: datetime | None, compact: float = 0.0) -> PlanMade | PlanningProgressed:
        """The plan that answers an order, or the word that it failed."""
        order = PlanDay(
            request_id=uuid4(), city=self._city, day=DAY, as_of=as_of, time_limit_s=0.2, ordered_by="test",
            ordered_at=self.clock.now(), compact=compact,
        )  # fmt: skip
        before = len(self._stream.sent)
        self._planner.carry_out(self._connection, order)
        for topic, _, value in self._stream.sent[before:]:
            if topic == topics.PLANS:
                return PlanMade.model_validate_json(value)
        return PlanningProgressed.model_validate_json(self._stream.sent[-1][2])


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    migrate(empty_url)
    registry = example_town()
    with connect(empty_url, name="test") as connection:
        store_registry(connection, registry, who="test", now=MORNING - 100 * HOUR)
        connection.commit()
        yield Town(connection, registry)


def made(answer: PlanMade | PlanningProgressed) -> PlanMade:
    assert isinstance(answer, PlanMade), answer
    return answer


def test_plan_made_again_as_of_its_instant_forecasts_the_same(town: Town) -> None:
    """What came since, late or not, folded or not, must not change what was known; without `as_of` it does."""
    some, other, third, silent = town.containers[:4]
    town.empty(some, -60)
    town.hear(some, {-h: 0.9 - h / 60 for h in range(1, 48)})
    town.hear(other, {-h: 0.5 - h / 120 for h in range(1, 48)})
    town.fold()
    town.hear(third, {-2: 0.25, -1: 0.3})  # news that nobody has folded in yet
    live = made(town.plan(as_of=None))
    assert live.as_of == MORNING
    assert {f.evidence for f in live.forecasts if f.container in {some, other, third}} == {"readings"}

    town.clock.instant = MORNING + 30 * HOUR
    town.hear(some, dict.fromkeys(range(1, 20), 0.1))  # came since
    town.empty(other, -5, received_after_h=9)  # happened before the plan, and nobody knew it
    town.hear(third, {-h: 0.8 for h in range(3, 9)}, received_after_h=12)  # a gateway that was offline
    town.empty(silent, -20, received_after_h=21)
    for folded in (False, True):
        if folded:
            town.fold()
        again = made(town.plan(as_of=MORNING))
        assert again.as_of == MORNING
        assert again.forecasts == live.forecasts
        # An hour before, the readings of that hour were not there: the same containers, other forecasts.
        earlier = made(town.plan(as_of=MORNING - 1.5 * HOUR))
        assert differing(earlier, live) == {some, other, third}
        # Now all of it is known; how fast `some` filled teaches its likes besides, of which nobody has told anything.
        moved = differing(made(town.plan(as_of=None)), live)
        assert moved >= {some, other, third, silent}
        assert moved <= {some, other, third, silent} | town.likes_of(some)


def differing(one: PlanMade, other: PlanMade) -> set[str]:
    assert [f.container for f in one.forecasts] == [f.container for f in other.forecasts]
    return {a.container for a, b in zip(one.forecasts, other.forecasts, strict=True) if a != b}


def test_quarter_of_a_crew_is_what_was_known_then(town: Town) -> None:
    """What it emptied within four weeks, by the words that had come: one zone at the time, two by what came later."""
    centre, se, doutou = (
        next(c for c, zone in town.zones.items() if zone == name) for name in ("centre", "se", "doutou")
    )
    town.empty(centre, -200, truck=town.truck)
    town.empty(se, -200, received_after_h=210, truck=town.truck)  # the phone was switched off
    town.empty(doutou, -24 * 29, truck=town.truck)  # longer ago
    live = made(town.plan(as_of=None, compact=1.0))
    assert known_stops(live) == served_in(town, live, {"centre"}) > 0
    town.clock.instant = MORNING + 30 * HOUR
    again = made(town.plan(as_of=MORNING, compact=1.0))
    assert known_stops(again) == served_in(town, again, {"centre"}) > 0
    now = made(town.plan(as_of=None, compact=1.0))
    assert known_stops(now) == served_in(town, now, {"centre", "se"}) > served_in(town, now, {"centre"})


def known_stops(plan: PlanMade) -> int:
    assert plan.sliders is not None
    return plan.sliders.known_stops


def served_in(town: Town, plan: PlanMade, zones: set[str]) -> int:
    return sum(town.zones[stop.place or ""] in zones for circuit in plan.circuits for stop in circuit.stops)


def test_order_as_of_the_future_is_refused(town: Town) -> None:
    """Nobody knows it; a plan that says it did would pass for what it is not."""
    refused = town.plan(as_of=MORNING + HOUR)
    assert isinstance(refused, PlanningProgressed)
    assert refused.state == "failed"
    assert refused.detail is not None
    assert refused.detail.startswith(
        "as_of 2026-03-03T04:30:00+00:00 is in the future: it is 2026-03-03T03:30:00+00:00"
    )


def test_order_from_a_clock_a_little_ahead_is_of_now(town: Town) -> None:
    """The page's machine and the planner's differ by seconds; the plan says the instant that it was made for."""
    assert made(town.plan(as_of=MORNING + timedelta(seconds=20))).as_of == MORNING


def test_order_as_of_what_is_kept_no_longer_is_refused(town: Town) -> None:
    """Rather no plan than one from half of what was known."""
    town.hear(town.containers[0], {-h: 0.5 for h in range(1, 48)})
    town.clock.instant = MORNING + timedelta(days=800)
    town.fold()
    refused = town.plan(as_of=MORNING)
    assert isinstance(refused, PlanningProgressed)
    assert refused.detail is not None
    assert "is kept no longer" in refused.detail


def test_running_day_as_of_the_past_knows_nothing_done_since(town: Town) -> None:
    """At noon somebody asks how the day would have been planned at eight: from eight, with what was said until then."""
    plan = made(town.plan(as_of=None))
    circuit = max(plan.circuits, key=lambda c: len(c.stops))
    town.send(plan, 0.1)
    first, second, third = circuit.stops[:3]
    eight = second.leave_at + timedelta(minutes=1)
    town.say(plan, circuit.truck, first)
    town.say(plan, circuit.truck, second, late_h=3)  # done before eight, and nobody knew it then
    town.clock.instant = third.leave_at + 2 * HOUR
    town.say(plan, circuit.truck, third)

    now = made(town.plan(as_of=None))
    assert now.replaces == plan.plan_id
    assert now.begins_at == town.clock.instant
    assert done(now, circuit.truck, town.clock.instant) == [first.place, second.place, third.place]

    then = made(town.plan(as_of=eight))
    assert (then.replaces, then.begins_at, then.as_of) == (plan.plan_id, eight, eight)
    assert then.made_at == town.clock.instant
    assert done(then, circuit.truck, eight) == [first.place]
    ahead = [visit for c in then.circuits for visit in c.stops if visit.leave_at > eight]
    assert {second.place, third.place} <= {visit.place for visit in ahead}

    # Before anything was sent there was nothing to go on from: the whole day, from what was known then.
    before = made(town.plan(as_of=MORNING))
    assert (before.replaces, before.begins_at) == (None, plan.begins_at)
    assert before.forecasts == plan.forecasts


def test_order_that_fails_as_nobody_has_foreseen_is_told_as_failed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is planned, or before, when what the store holds cannot be read: never "started" for ever."""
    plan = made(town.plan(as_of=None))

    def fails(*_: object, **__: object) -> PlanMade:
        raise OverflowError("date value out of range")

    with monkeypatch.context() as patched:
        patched.setattr("services.planning.planner.plan_day", fails)
        failed = town.plan(as_of=None)
    assert isinstance(failed, PlanningProgressed)
    assert (failed.state, failed.detail) == ("failed", "OverflowError: date value out of range")

    town.send(plan, 0.1)
    town.spoil(plan)
    town.clock.instant = MORNING + 2 * HOUR
    failed = town.plan(as_of=None)
    assert isinstance(failed, PlanningProgressed)
    assert failed.state == "failed"
    assert "circuits" in (failed.detail or "")


def done(plan: PlanMade, truck: str, at: datetime) -> list[str | None]:
    """What a plan says that a truck had emptied by then."""
    circuit = next(circuit for circuit in plan.circuits if circuit.truck == truck)
    return [stop.place for stop in circuit.stops if stop.leave_at <= at]
