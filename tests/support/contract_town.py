"""A town whose two fleets are contractors', and one morning of it: what was asked, and what was not done."""

from datetime import UTC, datetime, timedelta

from services.city.penalties import Penalty
from services.city.registry import Registry
from services.contracts import topics
from services.contracts.contract import PenaltyAnswered, SheetSigned
from services.contracts.planning import PlanMade
from services.contracts.telemetry import ReadingReceived
from services.store.connection import Connection, connect
from services.store.upkeep import run_upkeep
from services.stream.kafka import Delivery
from services.writer.contract import store_answers, store_signed_sheets
from services.writer.telemetry import store_readings
from tests.support.example_town import LORRIES, two_fleet_town
from tests.support.ledger_town import AFTER, CITY, Town
from tests.twins.stream import MemoryStream

PENALTIES = (
    Penalty(code="P1", event="circuit_not_done", amount=150_000, cap=1_500_000),
    Penalty(code="P2", event="circuit_late", unit="hour", amount=10_000, grace=60, fleets=(LORRIES,)),
    Penalty(code="P3", event="stops_missed", unit="container", amount=2_500),
    Penalty(code="P4", event="tracking_missing", amount=20_000),
    Penalty(code="P5", event="container_overflowing", unit="day", amount=15_000, grace=24, cap=45_000),
)
OVER = "HOU-002"
"""A lorries' container that stands over the rim, and is emptied late."""
OVER_SINCE = datetime(2026, 3, 10, 6, tzinfo=UTC)
OVER_HOURS = 30
LATE = timedelta(hours=2, minutes=10)


def contract_town(penalties: tuple[Penalty, ...] = PENALTIES) -> Registry:
    """Both fleets have a contractor."""
    town = two_fleet_town()
    names = ("Mono Propreté", "Sahoué Services")
    fleets = (fleet.model_copy(update={"contractor": name}) for fleet, name in zip(town.fleets, names, strict=True))
    return town.model_copy(update={"fleets": tuple(fleets), "penalties": penalties})


def put_half_a_day(town: Town, fleet: str = LORRIES, *, late: timedelta = timedelta(0)) -> PlanMade:
    """Sent and confirmed but for the last container, which was blocked; each word `late` after the plan's instant."""
    plan = town.send(town.plan(fleet=fleet))
    (circuit,) = plan.circuits
    for place, visit in enumerate(circuit.stops):
        at = visit.leave_at + late
        town.confirm(plan, circuit.truck, *_place(plan, place), happened_at=at, received_at=at, **_word(plan, place))
    town.look(AFTER)
    return plan


def _place(plan: PlanMade, stop: int) -> tuple[int, int]:
    """From which to which visit with work a stop is."""
    work = [visit for visit in plan.circuits[0].visits if visit.kind in {"stop", "disposal"}]
    place = work.index(plan.circuits[0].stops[stop])
    return place, place + 1


def _word(plan: PlanMade, stop: int) -> dict[str, str]:
    is_last = stop == len(plan.circuits[0].stops) - 1
    return {"outcome": "skipped", "reason": "blocked"} if is_last else {}


def put_overflow(connection: Connection, hours: int = OVER_HOURS) -> None:
    """A reading an hour over the rim, then one that is low: somebody came and said nothing."""
    told = [
        ReadingReceived(
            city=CITY, container=OVER, happened_at=OVER_SINCE + timedelta(hours=hour),
            received_at=OVER_SINCE + timedelta(hours=hour), fill_ratio=1.05 if hour < hours else 0.1,
        )
        for hour in range(hours + 1)
    ]  # fmt: skip
    with connection.transaction():
        store_readings(connection, told)
    now = OVER_SINCE + timedelta(days=3)
    run_upkeep(connection, now=now, keep_readings_days=730, keep_positions_days=90, stopping=lambda: False)


def note_strike(connection: Connection, day: str) -> None:
    """In the log of non-routine events."""
    with connection.transaction():
        connection.execute(
            "INSERT INTO ledger_event VALUES (gen_random_uuid(), %s, 'strike', %s, %s, %s, 'mairie', now())",
            (CITY, day, day, "grève"),
        )


class StoringStream(MemoryStream):
    """Stores answers and signatures as the writer does, before it says that it has them."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._database_url = database_url

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        delivery = super().send(topic, key, value)
        with connect(self._database_url, name="writer") as connection, connection.transaction():
            if topic == topics.PENALTY_ANSWERS:
                store_answers(connection, [PenaltyAnswered.model_validate_json(value)])
            elif topic == topics.CONTRACT_SHEETS:
                store_signed_sheets(connection, [SheetSigned.model_validate_json(value)])
        return delivery
