"""The days of a month: what was planned, what was driven, and whether everybody can read of it yet."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.city.registry import City
from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.web.figures.city_days import CityDay, city_days
from services.web.municipality import store
from services.web.municipality.store import PlannedRow

State = Literal["published", "uncounted", "under_way", "sent", "planned"]
"""On the public page; over, and not counted yet; today's; sent for a day to come; planned, not sent."""


@dataclass(frozen=True)
class Planned:
    """What the plans of a day's fleets come to."""

    circuits: int
    stops: int
    distance_m: float
    fuel_l: float

    @classmethod
    def of(cls, plans: Sequence[PlannedRow]) -> "Planned | None":
        if not plans:
            return None
        return cls(
            circuits=sum(plan["circuits"] for plan in plans),
            stops=sum(plan["stops"] for plan in plans),
            distance_m=sum(plan["distance_m"] for plan in plans),
            fuel_l=sum(plan["fuel_l"] for plan in plans),
        )


@dataclass(frozen=True)
class MonthDay:
    day: date
    state: State
    planned: Planned | None
    """None on a day of which the ledger alone knows."""
    counted: CityDay | None
    """As far as it is counted: of a day under way, until now."""
    said_done: int | None
    """Containers emptied by the crews' own word, where the ledger has not counted them yet."""

    @property
    def is_published(self) -> bool:
        return self.state == "published"

    @property
    def done(self) -> int | None:
        """Containers emptied; None before anybody could."""
        return self.counted.driven.stops if self.counted else self.said_done


def read_days(connection: Connection, city: City, first: date, last: date, today: date) -> list[MonthDay]:
    """Every day that something is known of, the latest first, both ends included."""
    plans: dict[date, list[PlannedRow]] = defaultdict(list)
    for row in store.list_planned(connection, city.id, first, last, today):
        plans[row["day"]].append(row)
    lines: dict[date, list[SavingsComputed]] = defaultdict(list)
    for line in store.list_lines(connection, city.id, first, last):
        lines[line.day].append(line)
    days = []
    for day in sorted(plans.keys() | lines.keys(), reverse=True):
        counted = city_days(lines.get(day, []))
        state = _state(day, plans.get(day, []), lines.get(day, []), today)
        said = None
        if not counted and state in {"under_way", "uncounted"}:
            said = sum(row["done"] for row in store.list_circuits(connection, city.id, day))
        days.append(MonthDay(day, state, Planned.of(plans.get(day, [])), counted[0] if counted else None, said))
    return days


def _state(day: date, plans: list[PlannedRow], lines: list[SavingsComputed], today: date) -> State:
    if lines and all(line.finished for line in lines):
        return "published"
    if day < today:
        return "uncounted"
    if not any(plan["dispatched_at"] for plan in plans):
        return "planned"
    return "under_way" if day == today else "sent"


def month_of(wish: str | None, months: Sequence[date], today: date) -> date | None:
    """The month asked for as `2026-11`, else the latest that has begun. None where it is none of them."""
    if wish is not None:
        return next((month for month in months if month.strftime("%Y-%m") == wish), None)
    begun = [month for month in months if month <= today]
    return (begun or list(months) or [today.replace(day=1)])[-1 if begun else 0]


def last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
