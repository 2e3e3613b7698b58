"""A closed street from the stream's message to the plan: the one writer, the store, the planner on real roads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.migrate import migrate
from services.city.registry import Registry
from services.city.store import store_registry
from services.contracts import topics
from services.contracts.planning import PlanDay, PlanMade
from services.contracts.streets import StreetSaid
from services.planning.closed_streets import list_closed
from services.planning.grounds import Grounds
from services.planning.planner import Planner
from services.planning.solve_around import solve_around
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import roads_of
from services.roads.osm.store import RoadStore
from services.roads.roads import RoadsOf, estimated_roads
from services.store.connection import Connection, connect
from services.writer.handlers import HANDLERS
from tests.support.roads_town import at, town, write_town
from tests.twins.stream import MemoryStream

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")
pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)
MORNING = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)  # half past four in Porto-Novo, half an hour before the shift
HOUR = timedelta(hours=1)
MARKET = (at(400, 2), at(400, 396))
STREET = UUID(int=11)


@dataclass
class HeldClock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


class Office:
    """A city on the dozen streets of the town, its store, and a planner."""

    def __init__(self, connection: Connection, registry: Registry, roads: RoadsOf) -> None:
        self.connection, self.registry, self.roads = connection, registry, roads
        self.clock = HeldClock(MORNING)
        self._stream = MemoryStream()
        self._planner = Planner(self._stream, self.clock, roads)

    def say(self, hour: float, **said: Any) -> StreetSaid:
        """Through the writer's own door, as the message comes out of Kafka; so many hours after the morning."""
        told = {"closed": True, "name": "Rue du Marché", "line": MARKET, "reason": "Travaux"} | said
        message = StreetSaid.model_validate(
            {"saying_id": uuid4(), "street_id": STREET, "city": self.registry.city.id, "said_by": "awa",
             "said_at": MORNING + hour * HOUR, **told}
        )  # fmt: skip
        self.store(message)
        return message

    def store(self, message: StreetSaid) -> None:
        handler = HANDLERS[topics.STREETS]
        with self.connection.transaction():
            handler.store(self.connection, [handler.contract.model_validate_json(message.to_bytes())])

    def plan(self, as_of: datetime | None = None) -> PlanMade:
        order = PlanDay(
            request_id=uuid4(), city=self.registry.city.id, day=DAY, as_of=as_of, time_limit_s=0.3, ordered_by="awa",
            ordered_at=self.clock.now(),
        )  # fmt: skip
        before = len(self._stream.sent)
        self._planner.carry_out(self.connection, order)
        plans = [value for topic, _, value in self._stream.sent[before:] if topic == topics.PLANS]
        assert len(plans) == 1, self._stream.sent[before:]
        return PlanMade.model_validate_json(plans[0])


@pytest.fixture(scope="module")
def registry() -> Registry:
    return town({"market": (402, 200), "north": (395, 395), "lagoon": (900, -5)}, kerb_side=False)


@pytest.fixture(scope="module")
def data(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streets")
    extract = write_town(folder / "roads.osm.pbf")
    build_roads(RoadStore(folder, registry.city.id), registry, extract, now=MORNING, told=lambda *_: None)
    return folder


@pytest.fixture
def office(empty_url: str, registry: Registry, data: Path) -> Iterator[Office]:
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        store_registry(connection, registry, who="test", now=MORNING - 100 * HOUR)
        connection.commit()
        yield Office(connection, registry, partial(roads_of, data_folder=data))


def test_plan_goes_round_a_closed_street_until_it_is_open_again(office: Office) -> None:
    whole = office.plan()
    assert whole.closed_streets == ()
    office.say(-1)
    round_ = office.plan()
    assert [(s.street, s.name, s.reason, s.avoided) for s in round_.closed_streets] == [
        (STREET, "Rue du Marché", "Travaux", True)
    ]
    assert round_.totals.stops == whole.totals.stops == 3
    assert round_.totals.distance_m > whole.totals.distance_m + 300
    # The crew walks 200 m to the container in the closed street, and back.
    served_s = {v.place: v.leave_at - v.start_at for c in round_.circuits for v in c.stops}
    assert served_s["market"] - served_s["north"] == timedelta(seconds=398)
    office.say(-0.5, closed=False, line=(), name="", reason="")
    again = office.plan()
    assert (again.closed_streets, again.totals.distance_m) == ((), whole.totals.distance_m)


def test_plan_of_an_earlier_instant_knows_what_was_said_by_then(office: Office) -> None:
    office.say(-2)
    office.say(1, closed=False, line=())
    office.clock.instant = MORNING + 2 * HOUR
    assert [street.street for street in office.plan(as_of=MORNING).closed_streets] == [STREET]
    assert office.plan().closed_streets == ()
    assert office.plan(as_of=MORNING - 3 * HOUR).closed_streets == ()


@pytest.mark.parametrize(("opens_h", "counts"), [(0.4, False), (0.6, True), (12, True)])
def test_street_that_opens_before_the_first_shift_is_open(office: Office, opens_h: float, counts: bool) -> None:
    """Trucks leave half an hour after the morning's plan."""
    office.say(-1, until=MORNING + opens_h * HOUR)
    assert bool(office.plan().closed_streets) is counts


def test_ground_of_a_plan_and_what_is_solved_around_keep_its_streets(office: Office) -> None:
    """A plan changed by hand is reckoned on the roads that it was made on, whatever was reopened since."""
    office.say(-1)
    plan = office.plan()
    office.say(-0.5, closed=False, line=())
    ground = Grounds(office.roads).of(office.connection, plan)
    order = PlanDay(
        request_id=uuid4(), city=plan.city, day=DAY, time_limit_s=0.3, ordered_by="awa", ordered_at=MORNING,
        around=plan.plan_id,
    )  # fmt: skip
    around = solve_around(order, plan, ground, (), MORNING)
    assert around.closed_streets == plan.closed_streets
    assert around.totals.distance_m == plan.totals.distance_m


def test_message_that_comes_twice_is_one_word(office: Office) -> None:
    message = office.say(-1)
    office.store(message)
    rows = office.connection.execute("SELECT count(*) AS n FROM street_said").fetchone()
    assert rows == {"n": 1}
    assert len(list_closed(office.connection, office.registry.city.id, MORNING)) == 1


def test_estimated_roads_note_the_street_and_cannot_avoid_it(office: Office) -> None:
    office.say(-1)
    straight = Office(office.connection, office.registry, estimated_roads)
    plan = straight.plan()
    assert [(street.street, street.avoided) for street in plan.closed_streets] == [(STREET, False)]
    assert plan.roads == "estimated"
