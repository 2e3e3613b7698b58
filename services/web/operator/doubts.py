"""What an operator should look at before sending: worst first, each with the thing it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypedDict

from services.city.registry import City, DisposalSite
from services.contracts.planning import ContainerForecast, PlanMade
from services.fill.health import SILENT_H
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of
from services.web.figures import store as shared
from services.web.figures.store import row_of, rows_of
from services.web.ground.closed_streets import list_closed
from services.web.operator.panel import Panel
from services.web.operator.store import ContainerRow
from services.web.operator.street_doubts import doubtful_streets

SQL = load_queries(__name__)

Kind = Literal[
    "alarm", "missing", "street", "pinned", "overdue", "overflow", "unsure", "yesterday", "sensor", "changed"
]
"""In the order of what is worst."""

MOST = 12
"""Rows of a kind: who has more has one cause, and looks at the list or the map."""
OVERFLOW_AT = 1.0
WIDE = 0.4
"""Of a band: the level is as good as unknown."""
TRUCK_SILENT_AFTER = timedelta(hours=24)
NOON_S = 12 * 3600.0


class SensorRow(TypedDict):
    container_id: str
    name: str
    zone_name: str
    fault: str
    since: datetime | None
    total: int
    """Of all, also those beyond the list."""


class LeftRow(TypedDict):
    container_id: str
    name: str
    zone_name: str
    day: date
    reason: str | None
    truck_id: str


class LoadRow(TypedDict):
    version: int
    loaded_at: datetime
    who: str
    containers: int
    trucks: int


class DayBeforeRow(TypedDict):
    day: date
    circuits: int
    stops: int
    distance_m: float
    fuel_l: float


@dataclass(frozen=True)
class Doubt:
    """One thing to look at. `what` names its sentence, `values` what the sentence takes, as numbers and instants."""

    what: str
    name: str = ""
    zone: str = ""
    container: str | None = None
    circuit: int | None = None
    """Both: what is selected when it is opened."""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    kind: Kind
    rows: Sequence[Doubt]
    total: int


@dataclass(frozen=True)
class Doubts:
    groups: Sequence[Group]

    @property
    def count(self) -> int:
        """What changed is news, and no doubt."""
        return sum(group.total for group in self.groups if group.kind != "changed")


def read_doubts(connection: Connection, city: City, panel: Panel) -> Doubts:
    """Of a day that is not over."""
    day, plan = panel.day, panel.plan
    every: dict[Kind, list[Doubt]] = {
        "alarm": list(_alarms(panel)),
        "missing": [*_missing_trucks(connection, city, panel), *_missing_sites(connection, city, panel)],
    }
    if plan is not None:
        every["street"] = _streets(connection, city, panel, plan)
        every["pinned"] = pins_not_kept(panel.containers, plan)
        every["overdue"] = overdue(city, panel.containers, plan)
        every["overflow"] = might_overflow(panel.containers, plan)
        every["unsure"] = unsure(city, panel.containers, plan)
        every["yesterday"] = _left_yesterday(connection, city, panel)
    groups = [Group(kind, rows[:MOST], len(rows)) for kind, rows in every.items() if rows]
    values = {
        "city": city.id, "fleet": day.fleet, "silent_since": day.now - timedelta(hours=SILENT_H), "most": MOST,
    }  # fmt: skip
    sensors = rows_of(SensorRow, connection.execute(SQL["list_sensors_to_visit"], values))
    if sensors:
        rows = [
            Doubt("sensor", r["name"], r["zone_name"], r["container_id"], None, {"fault": r["fault"], "at": r["since"]})
            for r in sensors
        ]
        groups.append(Group("sensor", rows, sensors[0]["total"]))
    changed = list(_changed(connection, city, panel))
    if changed:
        groups.append(Group("changed", changed, len(changed)))
    return Doubts(groups)


def _streets(connection: Connection, city: City, panel: Panel, plan: PlanMade) -> list[Doubt]:
    circuits = {stop.place: circuit.number for circuit in plan.circuits for stop in circuit.stops}
    closed = list_closed(connection, city.id, panel.day.now)
    return [
        Doubt(what, street)
        if row is None
        else _about(what, row, circuits.get(row.container_id), values={"street": street})
        for what, street, row in doubtful_streets(plan, closed, panel.containers)
    ]


def _alarms(panel: Panel) -> Iterator[Doubt]:
    circuits = {stop.place: c.number for c in (panel.plan.circuits if panel.plan else ()) for stop in c.stops}
    for alarm in panel.day.sensor_alarms:
        where = alarm["container_id"]
        yield Doubt(
            alarm["alarm"], alarm["name"], alarm["zone_name"], where, circuits.get(where), {"at": alarm["happened_at"]}
        )
    for alert in panel.day.alerts:
        where = alert["container_id"]
        values = {"at": alert["happened_at"], "truck": alert["truck_id"]}
        yield Doubt(alert["reason"], alert["name"], alert["zone_name"], where, circuits.get(where), values)


def _missing_trucks(connection: Connection, city: City, panel: Panel) -> Iterator[Doubt]:
    day, plan = panel.day, panel.plan
    numbers = {circuit.truck: circuit.number for circuit in plan.circuits} if plan else {}
    heard = {row["truck_id"]: row["happened_at"] for row in day.positions}
    parked = plan.by_hand.parked if plan else ()
    for truck in shared.list_trucks(connection, city.id, day.fleet):
        if not truck.in_service or truck.id in parked:
            yield Doubt("truck_parked" if truck.in_service else "truck_out", truck.id)
        elif truck.id in numbers and day.now - heard.get(truck.id, day.now) > TRUCK_SILENT_AFTER:
            yield Doubt("truck_silent", truck.id, circuit=numbers[truck.id], values={"at": heard[truck.id]})
    for line in panel.circuits:
        if not line.has_driver:
            yield Doubt("truck_no_driver", line.circuit.truck, circuit=line.circuit.number)


def _missing_sites(connection: Connection, city: City, panel: Panel) -> Iterator[Doubt]:
    by_hand = {row.site: row for row in (panel.plan.by_hand.closed_sites if panel.plan else ())}
    for document in shared.list_entries(connection, city.id, "disposal_site"):
        site = DisposalSite.model_validate(document)
        closed = by_hand.get(site.id)
        if closed is not None:
            what = "site_closed_until" if closed.until else "site_closed"
            yield Doubt(what, site.name, values={"at": closed.until})
        elif not site.is_open_on(panel.day.day):
            yield Doubt("site_closed", site.name)


def pins_not_kept(containers: Sequence[ContainerRow], plan: PlanMade) -> list[Doubt]:
    """Somebody put it on a truck, and that truck could not take it when the rest was solved anew."""
    rows = {row.container_id: row for row in containers}
    return [
        _about(
            "pin_not_kept",
            rows[left.container],
            values={"truck": plan.by_hand.pins[left.container], "reason": left.reason},
        )
        for left in plan.unserved
        if left.container in plan.by_hand.pins and left.container in rows
    ]


def overdue(city: City, containers: Sequence[ContainerRow], plan: PlanMade) -> list[Doubt]:
    """In no circuit, though at noon of the day the promise is broken: the longest first."""
    served = {stop.place for circuit in plan.circuits for stop in circuit.stops}
    promise = timedelta(days=city.planning.max_days_between_emptyings)
    noon = instant_of(plan.day, NOON_S, city.zone_info)
    late = [
        (noon - row.last_emptied_at, row)
        for row in containers
        if row.last_emptied_at is not None and row.container_id not in served and noon - row.last_emptied_at > promise
    ]
    return [
        _about("overdue", row, values={"days": waited / timedelta(days=1), "promise": promise / timedelta(days=1)})
        for waited, row in sorted(late, key=lambda one: (-one[0], one[1].container_id))
    ]


def might_overflow(containers: Sequence[ContainerRow], plan: PlanMade) -> list[Doubt]:
    """Neither due nor in a circuit, and full in one case of ten: the fullest first."""
    served = {stop.place for circuit in plan.circuits for stop in circuit.stops}
    rows = {row.container_id: row for row in containers}
    found = [
        f
        for f in plan.forecasts
        if f.due is None and f.container not in served and f.container in rows and (f.fill_high or 0.0) >= OVERFLOW_AT
    ]
    return [
        _about("overflow", rows[f.container], values=_levels(f))
        for f in sorted(found, key=lambda f: (-f.fill_ratio, f.container))
    ]


def unsure(city: City, containers: Sequence[ContainerRow], plan: PlanMade) -> list[Doubt]:
    """In a circuit because it should be full, though nobody knows: the widest first."""
    full_at = city.planning.full_at_fill_ratio
    circuits = {stop.place: circuit.number for circuit in plan.circuits for stop in circuit.stops}
    rows = {row.container_id: row for row in containers}
    found = [
        f
        for f in plan.forecasts
        if f.container in circuits
        and f.container in rows
        and f.due in {"full", "full_by_next_round"}
        and _width(f) >= WIDE
        and (f.fill_low or 0.0) < full_at
    ]
    return [
        _about("unsure", rows[f.container], circuits[f.container], values=_levels(f))
        for f in sorted(found, key=lambda f: (-_width(f), f.container))
    ]


def _width(forecast: ContainerForecast) -> float:
    if forecast.fill_low is None or forecast.fill_high is None:
        return 0.0
    return forecast.fill_high - forecast.fill_low


def _levels(forecast: ContainerForecast) -> dict[str, Any]:
    return {"level": forecast.fill_ratio, "low": forecast.fill_low, "high": forecast.fill_high}


def _about(what: str, row: ContainerRow, circuit: int | None = None, *, values: dict[str, Any]) -> Doubt:
    return Doubt(what, row.name, row.zone_name, row.container_id, circuit, values)


def _left_yesterday(connection: Connection, city: City, panel: Panel) -> list[Doubt]:
    """What the last day left, first what is in no circuit of this one either."""
    circuits = {stop.place: c.number for c in (panel.plan.circuits if panel.plan else ()) for stop in c.stops}
    values = {"city": city.id, "fleet": panel.day.fleet, "day": panel.day.day}
    rows = rows_of(LeftRow, connection.execute(SQL["list_left_yesterday"], values))
    found = [
        Doubt(
            "left_again" if row["container_id"] not in circuits else "left",
            row["name"], row["zone_name"], row["container_id"], circuits.get(row["container_id"]),
            {"reason": row["reason"], "truck": row["truck_id"], "day": row["day"]},
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda doubt: doubt.circuit is not None)


def _changed(connection: Connection, city: City, panel: Panel) -> Iterator[Doubt]:
    """Since the last day that was sent: the plan's size, and loads of the city folder."""
    day, plan = panel.day, panel.plan
    values = {"city": city.id, "fleet": day.fleet, "day": day.day}
    before = row_of(DayBeforeRow, connection.execute(SQL["find_day_before"], values).fetchone())
    since = day.now - timedelta(days=1)
    if before is not None:
        since = instant_of(before["day"], 0, city.zone_info)
        if plan is not None:
            stops, fuel_l = plan.totals.stops - before["stops"], plan.totals.fuel_l - before["fuel_l"]
            yield Doubt("plan_size", values={"stops": stops, "fuel_l": fuel_l, "day": before["day"]})
    for load in rows_of(LoadRow, connection.execute(SQL["list_loads"], {"city": city.id, "since": since})):
        yield Doubt(
            "load",
            values={
                "at": load["loaded_at"],
                "who": load["who"],
                "containers": load["containers"],
                "trucks": load["trucks"],
            },
        )
