"""The day as the store knows it: what the operator's page and the events it hears share."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.city.registry import City
from services.contracts.planning import PlanningProgressed
from services.store.connection import Connection
from services.web.entry.accounts import AccountState, list_accounts
from services.web.figures.days import next_service_day, today_in
from services.web.operator import store
from services.web.operator.alerts import (
    AlertRow,
    SensorAlarmRow,
    SetAsideRow,
    list_alerts,
    list_sensor_alarms,
    list_set_aside,
)
from services.web.operator.fill import SILENT_AFTER
from services.web.operator.orders import RUNNING
from services.web.operator.reports import ListedReport, list_open_reports
from services.web.operator.schemas import CircuitState, DayState, PlanState, Progress, TruckState

POSITION_STALE_AFTER = timedelta(minutes=15)
REJECTED_WITHIN = timedelta(hours=24)
TOGETHER = timedelta(minutes=15)
"""Plans made this close to each other are of one mind of the operators', not a newer one of a later hour."""
SILENT_PLANNER_AFTER = timedelta(minutes=10)
"""Without a word of it beyond its time limit, an order holds nothing up any more: the plan of before is there."""


@dataclass(frozen=True)
class Day:
    """Rows of a fleet's day, read in one transaction."""

    fleet: str
    day: date
    now: datetime
    today: date
    run: PlanningProgressed | None
    plan: store.PlanRow | None
    """The one shown: that of the address, else the one in force, else the best."""
    plans: list[store.PlanRow]
    """Of the day, the newest first; the one in force is among them."""
    dispatch: store.DispatchRow | None
    circuits: list[store.CircuitRow]
    progress: dict[str, store.ProgressRow]
    positions: list[store.PositionRow]
    alerts: list[AlertRow]
    sensor_alarms: list[SensorAlarmRow]
    set_aside: list[SetAsideRow]
    reports: list[ListedReport]
    silent: int
    rejected: list[store.RejectedRow]
    resting: list[AccountState]
    """Accounts that may not be tried now, after too many wrong passwords."""

    @property
    def is_sent(self) -> bool:
        """Whether the plan shown is the one in force."""
        return bool(self.plan and self.dispatch and self.plan["plan_id"] == self.dispatch["plan_id"])

    @property
    def offers(self) -> list["Offer"]:
        """The other plans that could be sent, made since the one in force, with their difference to the one shown."""
        shown = self.plan
        if shown is None:
            return []
        since = shown["made_at"] if self.is_sent else datetime.min.replace(tzinfo=UTC)
        others = (p for p in self.plans if p["plan_id"] != shown["plan_id"] and p["circuits"] and p["made_at"] >= since)
        return [Offer.beside(shown, other) for other in others]

    @property
    def is_planning(self) -> bool:
        run = self.run
        if run is None or run.state not in RUNNING or self.is_unanswered:
            return False
        return not self.plans or self.plans[0]["made_at"] < run.happened_at

    @property
    def is_unanswered(self) -> bool:
        """Whether an order should have been carried out long since, and its planner says nothing."""
        run = self.run
        if run is None or run.state not in RUNNING:
            return False
        left = timedelta(seconds=max(0.0, run.time_limit_s - run.elapsed_s))
        return self.now > run.happened_at + left + SILENT_PLANNER_AFTER

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can be sent any more."""
        return self.day < self.today

    def state(self) -> DayState:
        plan, dispatch = self.plan, self.dispatch
        return DayState(
            fleet=self.fleet,
            day=self.day,
            as_of=self.now.replace(second=0, microsecond=0),
            plan=PlanState.model_validate(plan) if plan else None,
            offers=[offer.plan["plan_id"] for offer in self.offers],
            dispatched_plan_id=dispatch["plan_id"] if dispatch else None,
            dispatched_at=dispatch["dispatched_at"] if dispatch else None,
            request_id=self.run.request_id if self.run else None,
            request_state=self.run.state if self.run else None,
            progress=Progress.model_validate(self.run, from_attributes=True) if self.run and self.is_planning else None,
            alerts=[
                *(alert["confirmation_id"] for alert in (*self.alerts, *self.sensor_alarms, *self.set_aside)),
                *(listed.alert_id for listed in self.reports),
            ],
            silent=self.silent,
            rejected=sum(row["messages"] for row in self.rejected),
            resting=[account.login for account in self.resting],
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


@dataclass(frozen=True)
class Offer:
    """A plan beside the one shown: what it has more of, below zero less."""

    plan: store.PlanRow
    fuel_l: float
    distance_m: float
    stops: int
    circuits: int

    @classmethod
    def beside(cls, shown: store.PlanRow, other: store.PlanRow) -> "Offer":
        return cls(
            other,
            fuel_l=other["fuel_l"] - shown["fuel_l"],
            distance_m=other["distance_m"] - shown["distance_m"],
            stops=other["stops"] - shown["stops"],
            circuits=other["circuits"] - shown["circuits"],
        )


def choose_plan(
    plans: list[store.PlanRow], dispatch: store.DispatchRow | None, wish: UUID | None = None
) -> store.PlanRow | None:
    """The plan to show: the one wished for, else somebody's changes, else the one in force, else the best of a morning.

    What was changed by hand since the plan in force was made is shown to everybody, so that nobody changes it unseen.

    Two operators who plan at once make two plans of one morning. The later does not push the better aside: of those
    made within `TOGETHER` of the newest, the one with most stops is shown, and of these the one with fewest litres.
    """
    in_force = dispatch["plan_id"] if dispatch else None
    since = next((plan["made_at"] for plan in plans if plan["plan_id"] == in_force), None)
    changed = [plan for plan in plans if plan["changed"] and plan["plan_id"] != in_force]
    by_hand = next((plan["plan_id"] for plan in changed if since is None or plan["made_at"] >= since), None)
    for wanted in (wish, by_hand, in_force):
        found = next((plan for plan in plans if wanted is not None and plan["plan_id"] == wanted), None)
        if found is not None:
            return found
    if not plans:
        return None
    together = [plan for plan in plans if plans[0]["made_at"] - plan["made_at"] <= TOGETHER]
    return min(together, key=lambda plan: (-plan["stops"], plan["fuel_l"]))


def read_day(
    connection: Connection,
    city: City,
    fleet: str,
    day: date,
    now: datetime,
    wall_now: datetime,
    wish: UUID | None = None,
) -> Day:
    """The day at the city's own clock; accounts rest by the real one, also in a simulated day.

    `wish`: the plan that the address names.
    """
    plans = store.list_plans(connection, city.id, fleet, day)
    dispatch = store.find_dispatch(connection, city.id, fleet, day)
    plan = choose_plan(plans, dispatch, wish)
    shown = (plan and plan["plan_id"]) or None
    return Day(
        fleet=fleet,
        day=day,
        now=now,
        today=today_in(city, now),
        run=store.find_latest_run(connection, city.id, fleet, day),
        plan=plan,
        plans=plans,
        dispatch=dispatch,
        circuits=store.list_plan_circuits(connection, city.id, shown) if shown else [],
        progress={row["truck_id"]: row for row in store.list_progress(connection, city.id, shown)} if shown else {},
        positions=store.list_truck_positions(connection, city.id, fleet),
        alerts=list_alerts(connection, city.id, fleet, now),
        sensor_alarms=list_sensor_alarms(connection, city.id, fleet, now),
        set_aside=list_set_aside(connection, city.id, fleet, now),
        reports=list_open_reports(connection, city, fleet, now),
        silent=store.count_silent(connection, city.id, fleet, now - SILENT_AFTER),
        rejected=store.list_rejected(connection, city.id, now - REJECTED_WITHIN),
        resting=[account for account in list_accounts(connection, city.id) if account.rests_at(wall_now)],
    )


def day_to_show(connection: Connection, city: City, fleet: str, now: datetime) -> date:
    """Today while the fleet's circuits are on the road, else the next day that can be planned."""
    today = today_in(city, now)
    dispatch = store.find_dispatch(connection, city.id, fleet, today)
    if dispatch is None:
        return next_service_day(city, now)
    circuits = store.list_plan_circuits(connection, city.id, dispatch["plan_id"])
    progress = store.list_progress(connection, city.id, dispatch["plan_id"])
    left = sum(row["stops"] for row in circuits) - sum(row["done"] + row["skipped"] for row in progress)
    return today if left > 0 else next_service_day(city, now)
