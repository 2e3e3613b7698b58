"""A small town with everything around the ledger: what its office, crews and trucks do, as the store would have it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from services.city.registry import Registry
from services.city.store import store_registry
from services.contracts.confirmations import VisitConfirmed
from services.contracts.fields import ONLY_FLEET, Message
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanDispatched, PlanMade
from services.contracts.telemetry import PositionReceived
from services.ledger.main import LedgerKeeper
from services.operations.meters import LedgerMeter
from services.planning.plan_day import plan_day
from services.store.connection import Connection
from services.writer.day import store_confirmations, store_dispatches, store_plans, store_savings
from services.writer.telemetry import store_positions
from tests.support.driven_tracks import track_of
from tests.support.example_town import example_town
from tests.support.orders import day_order

CITY = "houeyogbe"
DAY = date(2026, 3, 3)
MORNING = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
AFTER = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


class Town:
    """A loaded city with everything around the ledger: what crews and operators do goes into the store as it would."""

    def __init__(self, connection: Connection, registry: Registry | None = None) -> None:
        self.connection = connection
        self.registry = registry or example_town()
        self.at = MORNING
        self.published: list[SavingsComputed] = []
        self.stores_lines = True
        self.keeper = self.new_keeper()
        self.version = self.load(self.registry)

    def now(self) -> datetime:
        return self.at

    def new_keeper(self) -> LedgerKeeper:
        """A ledger that has just been started."""
        return LedgerKeeper(self, self, LedgerMeter(), lambda: False)  # type: ignore[arg-type]

    def publish(self, topic: str, key: bytes, message: Message) -> None:  # noqa: ARG002
        """As Kafka, with the writer behind it."""
        assert isinstance(message, SavingsComputed)
        self.published.append(message)
        if self.stores_lines:
            self.write(store_savings, [message])

    def look(self, at: datetime | None = None, times: int = 2) -> None:
        """The ledger looks: once to compute, once to see that its lines are stored."""
        self.at = at or self.at
        for _ in range(times):
            self.keeper.bring_up_to_date(self.connection)

    def write(self, store: Any, messages: Sequence[Message]) -> None:
        with self.connection.transaction():
            store(self.connection, messages)

    def load(self, registry: Registry) -> int | None:
        return store_registry(self.connection, registry, who="awa", now=self.at).version

    def plan(self, day: date = DAY, fleet: str = ONLY_FLEET, **changes: Any) -> PlanMade:
        order = day_order(CITY, day, self.at).model_copy(update={"request_id": uuid4(), "fleet": fleet})
        plan = plan_day(order, self.registry, {}, now=self.now, registry_version=self.version)
        plan = plan.model_copy(update=changes)
        self.write(store_plans, [plan])
        return plan

    def send(self, plan: PlanMade, at: datetime | None = None) -> PlanMade:
        dispatch = PlanDispatched(
            dispatch_id=uuid4(), plan_id=plan.plan_id, city=CITY, fleet=plan.fleet, day=plan.day, dispatched_by="awa",
            dispatched_at=at or self.at,
        )  # fmt: skip
        self.write(store_dispatches, [dispatch])
        return plan

    def confirm(self, plan: PlanMade, truck: str, first: int = 0, last: int | None = None, **changes: Any) -> None:
        circuit = next(circuit for circuit in plan.circuits if circuit.truck == truck)
        work = [visit for visit in circuit.visits if visit.kind in {"stop", "disposal"}][first:last]
        words = [
            VisitConfirmed.model_validate(
                {
                    "id": uuid4(), "plan_id": plan.plan_id, "kind": visit.kind, "place": visit.place, "outcome": "done",
                    "happened_at": visit.leave_at, "city": CITY, "fleet": plan.fleet, "truck": truck, "driver": truck,
                    "received_at": max(self.at, visit.leave_at), **changes,
                }
            )
            for visit in work
        ]  # fmt: skip
        self.write(store_confirmations, words)

    def drive(self, plan: PlanMade) -> None:
        fixes = [
            PositionReceived(
                city=CITY, truck=circuit.truck, happened_at=datetime.fromtimestamp(fix.at_s, UTC),
                received_at=datetime.fromtimestamp(fix.at_s, UTC), lon=fix.lon, lat=fix.lat,
            )
            for circuit in plan.circuits
            for fix in track_of(circuit)
        ]  # fmt: skip
        self.write(store_positions, fixes)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with self.connection.transaction():
            return self.connection.execute(query, values).fetchall()

    def lines(self, day: date = DAY) -> list[SavingsComputed]:
        found = self.rows("SELECT document FROM savings_line WHERE day = %s ORDER BY number, computed_at", day)
        return [SavingsComputed.model_validate(row["document"]) for row in found]

    def line(self, day: date = DAY) -> SavingsComputed:
        """The one that counts."""
        (row,) = self.rows("SELECT document FROM savings_day WHERE day = %s", day)
        return SavingsComputed.model_validate(row["document"])

    def marks(self) -> list[date]:
        return [row["day"] for row in self.rows("SELECT DISTINCT day FROM ledger_touched ORDER BY day")]


def driven_day(town: Town) -> PlanMade:
    """Planned, sent, driven with GPS, all confirmed."""
    plan = town.send(town.plan())
    for circuit in plan.circuits:
        town.confirm(plan, circuit.truck)
    town.drive(plan)
    return plan
