"""Weights of trucks at a disposal site, in the store: shared, as they were known, once, and put right later."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import isnan

import pytest
from psycopg.types.json import Jsonb

from infra.migrate import migrate
from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import ContainerForecast, PlanMade
from services.contracts.telemetry import WeighingReceived
from services.fill.belief import Belief
from services.fill.store import load_beliefs
from services.fill.tallies import Visits
from services.store.connection import Connection, connect
from services.writer.beliefs import BeliefsKept, keep_beliefs
from services.writer.day import store_confirmations
from services.writer.devices import store_weighings
from tests.support.circuits import circuit_of, send_circuit
from tests.support.evidence import DAY, NOON, visit_confirmed

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

MINUTE = timedelta(minutes=1)
CITY, TRUCK = "town", "T1"
CONTAINERS = ("A", "B", "C")
FULL_KG = 250.0
LATER = NOON + 30 * DAY


@pytest.fixture
def town(empty_url: str) -> Iterator[Connection]:
    """A store with a truck that carries 2 t, and three containers of 1,000 L at 0.25 kg/L."""
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        with connection.transaction():
            connection.execute("INSERT INTO city VALUES (%s, 'Town', 'UTC', '{}', NULL, now())", (CITY,))
            connection.execute("INSERT INTO zone VALUES (%s, 'Z', 'Z', 100, '{}')", (CITY,))
            for container in CONTAINERS:
                connection.execute(
                    "INSERT INTO container VALUES (%s, %s, '', 1.8, 6.5, 'bin', 'Z', 1000, false, '{}')",
                    (CITY, container),
                )
            connection.execute("INSERT INTO truck VALUES (%s, %s, %s)", (CITY, TRUCK, Jsonb({"truck_class": "small"})))
            for kind, name, document in (
                ("container_kind", "bin", {"kg_per_l": 0.25}), ("truck_class", "small", {"capacity_kg": 2000}),
            ):  # fmt: skip
                connection.execute(
                    "INSERT INTO registry_entry VALUES (%s, %s, %s, 1, %s)", (CITY, kind, name, Jsonb(document))
                )
        yield connection


def sent(connection: Connection, **demand_kg: float) -> PlanMade:
    """A plan that sends the truck to these containers, with what it believed to be in each, and to the site."""
    plan = circuit_of(CITY, TRUCK, NOON.date(), list(demand_kg))
    forecasts = tuple(
        ContainerForecast(
            container=name, fill_ratio=kg / FULL_KG, fill_per_day=0.3, evidence="prior", demand_kg=kg, demand_l=kg * 4,
            due=None,
        )
        for name, kg in demand_kg.items()
    )  # fmt: skip
    [circuit] = plan.circuits
    site = circuit.visits[0].model_copy(update={"kind": "disposal", "place": "landfill"})
    plan = plan.model_copy(
        update={
            "forecasts": forecasts,
            "circuits": (circuit.model_copy(update={"visits": (*circuit.visits, site)}),),
        }
    )
    with connection.transaction():
        send_circuit(connection, plan)
    return plan


def emptied(plan: PlanMade, container: str, minutes: float, *, late: float = 0) -> VisitConfirmed:
    at = NOON + minutes * MINUTE
    visit = visit_confirmed(CITY, container, at, at + late * MINUTE)
    return visit.model_copy(update={"plan_id": plan.plan_id})


def tipped(plan: PlanMade, minutes: float, *, late: float = 0) -> VisitConfirmed:
    """The driver's word."""
    return emptied(plan, "landfill", minutes, late=late).model_copy(update={"kind": "disposal"})


def weighing(minutes: float, net_kg: float, *, late: float = 1, truck: str | None = TRUCK) -> WeighingReceived:
    at = NOON + minutes * MINUTE
    return WeighingReceived(
        city=CITY, scale="landfill", net_kg=net_kg, from_truck=truck, happened_at=at, received_at=at + late * MINUTE
    )


def said(connection: Connection, *words: VisitConfirmed | WeighingReceived) -> None:
    """In this order, each in a transaction of its own."""
    for word in words:
        with connection.transaction():
            if isinstance(word, WeighingReceived):
                store_weighings(connection, [word])
            else:
                assert store_confirmations(connection, [word]) == 0


def fold(connection: Connection) -> BeliefsKept:
    kept = keep_beliefs(connection, now=LATER, keep_readings_days=10_000)
    assert kept is not None
    assert kept.failed == 0
    return kept


def believed(connection: Connection, as_of: datetime = LATER) -> dict[str, Belief]:
    with connection.transaction():
        return load_beliefs(connection, CITY, as_of)


def levels(connection: Connection, as_of: datetime = LATER, names: Sequence[str] = CONTAINERS) -> list[float | None]:
    """Of each container before its latest emptying; None where nobody knows."""
    beliefs = believed(connection, as_of)
    fills = Visits([beliefs[name].visits for name in names]).fills[:, -1].tolist()
    return [None if isnan(fill) else round(fill, 2) for fill in fills]


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def test_load_is_shared_by_what_the_plan_believed(town: Connection) -> None:
    """125, 50 and 25 kg were expected, and 300 are weighed: half as much again of each, known once it is weighed."""
    plan = sent(town, A=125, B=50, C=25)
    said(town, emptied(plan, "A", 0), emptied(plan, "B", 10), emptied(plan, "C", 20), weighing(60, 300))
    assert fold(town).weighed == 3
    assert levels(town) == [0.75, 0.3, 0.15]
    assert levels(town, at(60)) == [None, None, None]
    assert levels(town, at(61)) == [0.75, 0.3, 0.15]
    assert fold(town) == BeliefsKept()


def test_what_is_not_folded_yet_is_believed_the_same(town: Connection) -> None:
    """A planner folds in memory what the writer has shared and not put away yet."""
    plan = sent(town, A=125, B=50, C=25)
    said(town, emptied(plan, "A", 0), emptied(plan, "B", 10), emptied(plan, "C", 20))
    fold(town)
    said(town, weighing(60, 300))
    fold(town)
    kept = believed(town)
    with town.transaction():
        town.execute("DELETE FROM container_belief")
        town.execute("DELETE FROM kept_belief")
        town.execute("UPDATE container_state SET news_from = %s", (NOON - DAY,))
    assert believed(town) == kept


def test_the_same_weight_twice_is_once(town: Connection) -> None:
    plan = sent(town, A=125, B=50, C=25)
    words: list[VisitConfirmed | WeighingReceived] = [
        emptied(plan, "A", 0),
        emptied(plan, "B", 10),
        emptied(plan, "C", 20),
        weighing(60, 300),
    ]
    said(town, *words)
    fold(town)
    before = believed(town)
    said(town, weighing(60, 300, late=50), *words)
    assert fold(town).weighed == 0
    assert believed(town) == before


def test_weighing_again_puts_right_and_the_first_stays_what_was_known(town: Connection) -> None:
    plan = sent(town, A=125, B=50, C=25)
    said(town, emptied(plan, "A", 0), emptied(plan, "B", 10), emptied(plan, "C", 20), weighing(60, 300))
    fold(town)
    said(town, weighing(75, 200))
    assert fold(town).weighed == 3
    assert levels(town) == [0.5, 0.2, 0.1]
    assert levels(town, at(70)) == [0.75, 0.3, 0.15]


@pytest.mark.parametrize("net_kg", [0.0, 3100.0, 5000.0])
def test_weight_that_cannot_be_tells_nothing_and_takes_nothing_back(town: Connection, net_kg: float) -> None:
    """An empty truck on its way out; more than one and a half times of 2 t."""
    plan = sent(town, A=125, B=50, C=25)
    said(town, emptied(plan, "A", 0), emptied(plan, "B", 10), emptied(plan, "C", 20), weighing(60, net_kg))
    assert fold(town).weighed == 0
    assert levels(town) == [None, None, None]
    said(town, weighing(65, 300), weighing(70, net_kg))
    fold(town)
    assert levels(town) == [0.75, 0.3, 0.15]


def test_weight_of_a_trip_without_stops_or_without_a_truck_is_nobody_s(town: Connection) -> None:
    plan = sent(town, A=125)
    said(town, weighing(0, 300), weighing(5, 300, truck="T9"), weighing(6, 300, truck=None), emptied(plan, "A", 30))
    assert fold(town).weighed == 0
    assert levels(town, names=["A"]) == [None]


def test_phone_that_was_offline_shares_the_load_anew(town: Connection) -> None:
    """B was emptied too, says a phone two hours later: until then A had it all."""
    plan = sent(town, A=125, B=125)
    said(town, emptied(plan, "A", 0), weighing(60, 200))
    fold(town)
    assert levels(town, names=["A"]) == [0.8]
    said(town, emptied(plan, "B", 10, late=120))
    assert fold(town).weighed == 2
    assert levels(town, names=["A", "B"]) == [0.4, 0.4]
    assert levels(town, at(100), names=["A"]) == [0.8]


def test_driver_who_tipped_in_between_takes_a_share_back(town: Connection) -> None:
    """A went to another site, where nobody weighs: of the second load it has nothing."""
    plan = sent(town, A=125, B=125)
    said(town, emptied(plan, "A", 0), emptied(plan, "B", 60), weighing(100, 200))
    fold(town)
    assert levels(town, names=["A", "B"]) == [0.4, 0.4]
    said(town, tipped(plan, 30, late=200))
    assert fold(town).weighed == 2
    assert levels(town, names=["A", "B"]) == [None, 0.8]
    assert levels(town, at(200), names=["A", "B"]) == [0.4, 0.4]


def test_whatever_the_order_of_arrival_the_same_is_known_in_the_end(town: Connection) -> None:
    """The weight before its stops, and folded after each word."""
    plan = sent(town, A=125, B=50, C=25)
    words: list[VisitConfirmed | WeighingReceived] = [
        weighing(60, 300), tipped(plan, 55), emptied(plan, "C", 20), emptied(plan, "A", 0, late=90),
        emptied(plan, "B", 10),
    ]  # fmt: skip
    for word in words:
        said(town, word)
        fold(town)
    assert levels(town) == [0.75, 0.3, 0.15]
