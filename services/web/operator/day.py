"""The day as the store knows it: what the operator's page and its polling share."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.city.registry import City
from services.contracts.planning import PlanningProgressed
from services.store.connection import Connection
from services.web import store as shared
from services.web.days import next_service_day, today_in
from services.web.operator import store
from services.web.operator.fill import SILENT_AFTER
from services.web.operator.schemas import CircuitState, DayState, PlanState, TruckState

POSITION_STALE_AFTER = timedelta(minutes=15)
REJECTED_WITHIN = timedelta(hours=24)
RUNNING = ("ordered", "started", "improved")


@dataclass(frozen=True)
class Day:
    """Rows of one day, read in one transaction."""

    day: date
    now: datetime
    run: PlanningProgressed | None
    plan: store.PlanRow | None
    dispatch: shared.DispatchRow | None
    circuits: list[store.CircuitRow]
    progress: dict[str, store.ProgressRow]
    positions: list[store.PositionRow]
    silent: int
    rejected: list[store.RejectedRow]

    @property
    def is_sent(self) -> bool:
        """Whether the latest plan is the one in force."""
        return bool(self.plan and self.dispatch and self.plan["plan_id"] == self.dispatch["plan_id"])

    @property
    def is_planning(self) -> bool:
        run = self.run
        if run is None or run.state not in RUNNING:
            return False
        return self.plan is None or self.plan["made_at"] < run.happened_at

    def state(self) -> DayState:
        plan, dispatch = self.plan, self.dispatch
        return DayState(
            day=self.day,
            as_of=self.now.replace(second=0, microsecond=0),
            plan=PlanState.model_validate(plan) if plan else None,
            dispatched_plan_id=dispatch["plan_id"] if dispatch else None,
            dispatched_at=dispatch["dispatched_at"] if dispatch else None,
            request_id=self.run.request_id if self.run else None,
            request_state=self.run.state if self.run else None,
            silent=self.silent,
            rejected=sum(row["messages"] for row in self.rejected),
            trucks=[self._truck(row) for row in self.positions],
            circuits=[self._circuit(row) for row in self.circuits],
        )

    def _truck(self, row: store.PositionRow) -> TruckState:
        stale = row["happened_at"] < self.now - POSITION_STALE_AFTER
        return TruckState(
            truck=row["truck_id"],
            lon=row["lon"],
            lat=row["lat"],
            heading_deg=row["heading_deg"],
            happened_at=row["happened_at"],
            stale=stale,
        )

    def _circuit(self, row: store.CircuitRow) -> CircuitState:
        progress = self.progress.get(row["truck_id"])
        return CircuitState(
            number=row["number"],
            truck=row["truck_id"],
            stops=row["stops"],
            done=progress["done"] if progress else 0,
            skipped=progress["skipped"] if progress else 0,
            last_at=progress["last_at"] if progress else None,
        )


def read_day(connection: Connection, city: City, day: date, now: datetime) -> Day:
    plan = store.find_latest_plan(connection, city.id, day)
    dispatch = shared.find_dispatch(connection, city.id, day)
    shown = (plan and plan["plan_id"]) or None
    return Day(
        day=day,
        now=now,
        run=store.find_latest_run(connection, city.id, day),
        plan=plan,
        dispatch=dispatch,
        circuits=store.list_plan_circuits(connection, city.id, shown) if shown else [],
        progress={row["truck_id"]: row for row in store.list_progress(connection, city.id, shown)} if shown else {},
        positions=store.list_truck_positions(connection, city.id),
        silent=store.count_silent(connection, city.id, now - SILENT_AFTER),
        rejected=store.list_rejected(connection, city.id, now - REJECTED_WITHIN),
    )


def day_to_show(connection: Connection, city: City, now: datetime) -> date:
    """Today while its circuits are on the road, else the next day that can be planned."""
    today = today_in(city, now)
    dispatch = shared.find_dispatch(connection, city.id, today)
    if dispatch is None:
        return next_service_day(city, now)
    circuits = store.list_plan_circuits(connection, city.id, dispatch["plan_id"])
    progress = store.list_progress(connection, city.id, dispatch["plan_id"])
    left = sum(row["stops"] for row in circuits) - sum(row["done"] + row["skipped"] for row in progress)
    return today if left > 0 else next_service_day(city, now)
