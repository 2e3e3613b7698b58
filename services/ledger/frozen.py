"""The frozen baseline: what the city did before, as somebody named has accepted it.

It never changes; a change is a new version, and both stay.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.city.fields import WEEKDAYS, Text
from services.city.fleets import FleetRules
from services.city.registry import BaselineStop, Depot, Registry, Truck, TruckClass
from services.contracts.fields import CityId, Day
from services.errors import TourneeError

LONGEST_GAP_DAYS = 28
"""A container that the circuits came to less often has no rhythm that could be told of."""


class NoBaseline(TourneeError):
    """There is nothing to freeze."""


class FrozenBaseline(BaseModel):
    """Circuits, and the fleet that drove them, as they were before the change.

    Its trucks and depots are kept here whole: a truck sold since still drives the fixed circuits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["tournee/baseline/1"], Field(alias="schema")] = "tournee/baseline/1"
    city: CityId
    learned_from: Literal["city_folder", "gps"]
    registry_version: int | None
    """The registry whose containers the circuits name."""
    first_day: Day | None
    """Of the GPS that it was learned from; None where the city wrote its circuits down."""
    last_day: Day | None
    circuits: tuple[BaselineStop, ...]
    trucks: tuple[Truck, ...]
    truck_classes: tuple[TruckClass, ...]
    depots: tuple[Depot, ...]
    known_flaws: tuple[Text, ...] = ()
    """What is known to be wrong or missing in it, in words."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.circuits:
            raise ValueError("a baseline without a circuit compares with nothing")
        trucks = {truck.id for truck in self.trucks}
        unknown = sorted({row.truck for row in self.circuits} - trucks)
        if unknown:
            raise ValueError(f"circuits of trucks that the baseline does not describe: {', '.join(unknown[:5])}")
        return self

    @property
    def text(self) -> str:
        """The same text for the same baseline, wherever it is written."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def _weekdays(self) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        for row in self.circuits:
            found.setdefault(row.container, set()).update(WEEKDAYS.index(day) for day in row.weekdays)
        return {container: frozenset(days) for container, days in found.items()}

    def empties_on(self, container: str, day: date, rests: Collection[date] = ()) -> bool:
        """Whether its circuits come to a container that day; on a day of rest (a strike) they come to none."""
        return day not in rests and day.weekday() in self._weekdays.get(container, ())

    def times_emptied(self, container: str, first: date, last: date, rests: Collection[date] = ()) -> int:
        """Between two days, both included."""
        return _times(self._weekdays.get(container, frozenset()), first, last, tuple(rests))

    def days_since_emptied(self, container: str, day: date, rests: Collection[date] = ()) -> int | None:
        """Since the circuits came there last before this day; None where they never do."""
        if container not in self._weekdays:
            return None
        return _days_since(self._weekdays[container], day, tuple(rests))

    def put_into(self, registry: Registry) -> Registry:
        """The city of a day with these circuits and the trucks that drove them.

        Containers are the day's own: of one that is gone nothing is left to empty, and one that is new stood on no
        list. A truck drives from the depot and in the class that it had, also while it is lent elsewhere; and its
        circuits count for the fleet that most of their containers are of, whoever has the truck by now.
        """
        here = {container.id for container in registry.containers}
        driven = {row.truck for row in self.circuits}
        trucks = {truck.id: truck for truck in registry.trucks} | {
            truck.id: truck for truck in self.trucks if truck.id in driven
        }
        fleets = {truck.id: truck.fleet for truck in registry.trucks} | self._fleets(registry)
        return registry.model_copy(
            update={
                "baseline": tuple(row for row in self.circuits if row.container in here),
                "trucks": tuple(
                    truck.model_copy(update={"in_service": True, "fleet": fleets.get(truck.id, truck.fleet)})
                    if truck.id in driven
                    else truck
                    for truck in trucks.values()
                ),
                "truck_classes": _with_more(registry.truck_classes, self.truck_classes),
                "depots": _with_more(registry.depots, self.depots),
            }
        )

    def _fleets(self, registry: Registry) -> dict[str, str]:
        """By truck the fleet of most containers on its circuits, in a city of several; of as many the first by name."""
        rules = FleetRules(registry.fleets)
        if rules.only:
            return {}
        of = {container.id: rules.of_container(container) for container in registry.containers}
        counts: dict[str, Counter[str]] = {}
        for row in self.circuits:
            fleet = of.get(row.container)
            if fleet is not None:
                counts.setdefault(row.truck, Counter())[fleet] += 1
        return {truck: min(count, key=lambda fleet: (-count[fleet], fleet)) for truck, count in counts.items()}


def baseline_of_folder(
    registry: Registry, registry_version: int | None, known_flaws: Collection[str] = ()
) -> FrozenBaseline:
    """The circuits that the city wrote down in `baseline.csv`.

    Raises:
        NoBaseline: it wrote none.
    """
    if not registry.baseline:
        raise NoBaseline(
            f"{registry.city.id} has no baseline.csv: write the circuits down, or learn them from four weeks of GPS "
            f"(tournee ledger learn-baseline {registry.city.id} --from DAY --to DAY)"
        )
    return frozen(registry, registry.baseline, "city_folder", registry_version, known_flaws=known_flaws)


def frozen(
    registry: Registry,
    circuits: Collection[BaselineStop],
    learned_from: Literal["city_folder", "gps"],
    registry_version: int | None,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    known_flaws: Collection[str] = (),
) -> FrozenBaseline:
    """These circuits with their trucks, classes and depots as the registry has them."""
    driven = {row.truck for row in circuits}
    trucks = tuple(truck for truck in registry.trucks if truck.id in driven)
    classes, depots = {truck.truck_class for truck in trucks}, {truck.depot for truck in trucks}
    return FrozenBaseline(
        city=registry.city.id,
        learned_from=learned_from,
        registry_version=registry_version,
        first_day=first_day,
        last_day=last_day,
        circuits=tuple(circuits),
        trucks=trucks,
        truck_classes=tuple(row for row in registry.truck_classes if row.id in classes),
        depots=tuple(depot for depot in registry.depots if depot.id in depots),
        known_flaws=tuple(known_flaws),
    )


# Thousands of containers have a dozen patterns of weekdays among them.
@lru_cache(maxsize=1024)
def _times(weekdays: frozenset[int], first: date, last: date, rests: tuple[date, ...]) -> int:
    return sum(day.weekday() in weekdays and day not in rests for day in _days(first, last))


@lru_cache(maxsize=1024)
def _days_since(weekdays: frozenset[int], day: date, rests: tuple[date, ...]) -> int:
    earlier = ((n, day - timedelta(days=n)) for n in range(1, LONGEST_GAP_DAYS + 1))
    return next((n for n, at in earlier if at.weekday() in weekdays and at not in rests), LONGEST_GAP_DAYS)


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def _with_more[Row: TruckClass | Depot](rows: tuple[Row, ...], more: tuple[Row, ...]) -> tuple[Row, ...]:
    known = {row.id for row in rows}
    return rows + tuple(row for row in more if row.id not in known)
