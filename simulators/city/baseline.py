"""The fixed circuits such a city drives: districts on fixed weekdays, swept street by street, markets every morning."""

from dataclasses import dataclass, field

import numpy as np

from simulators.city.containers import PlacedContainer
from simulators.city.duty import WEEKDAYS, Duty, DutyStop, days_of_waste, disposal_site_on, duty_of
from simulators.city.fleet import COMPACTOR, TIPPER, TRUCK_CLASSES, TRUCKS, Truck

EVERY_DAY = WEEKDAYS
SIX_DAYS = (WEEKDAYS[:6],)
FOUR_DAYS = (("mon", "tue", "thu", "sat"), ("mon", "wed", "fri", "sat"), ("tue", "wed", "thu", "sat"))
THREE_DAYS = (("mon", "wed", "fri"), ("tue", "thu", "sat"))
SIX_DAY_ZONES = (4, 6, 7)  # the centre
FOUR_DAY_ZONES = (3, 5, 8, 9, 10)
EASTERN_ZONES = (0, 1, 2, 3)
STRIP_M = 420.0


@dataclass(frozen=True)
class BaselineRow:
    """A line of baseline.csv."""

    circuit: str
    truck: str
    weekdays: tuple[str, ...]
    position: int
    container: str


@dataclass(frozen=True)
class _Unit:
    """Containers that one truck empties on the same weekdays, in driving order."""

    containers: tuple[PlacedContainer, ...]
    truck_class: str
    eastern: bool
    patterns: tuple[tuple[str, ...], ...]
    market: bool


@dataclass
class _Load:
    """What a truck has been given so far; `busy_s` by weekday."""

    truck: Truck
    units: list[tuple[_Unit, tuple[str, ...]]] = field(default_factory=list)
    busy_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WEEKDAYS, 0.0))


def draw_baseline(
    containers: list[PlacedContainer], sites_xy_m: dict[str, tuple[float, float]], rng: np.random.Generator
) -> list[BaselineRow]:
    """One circuit a truck; which of its stops are due depends on the weekday."""
    loads = [_Load(truck) for truck in TRUCKS]
    units = sorted(_units(containers, rng), key=lambda unit: (not unit.market, -len(unit.containers)))
    for unit in units:
        _give(unit, loads, sites_xy_m)
    rows: list[BaselineRow] = []
    for load in loads:
        stops = [(c, days) for unit, days in _market_first(load) for c in unit.containers]
        rows += [
            BaselineRow(f"B{load.truck.id[1:]}", load.truck.id, days, position, container.id)
            for position, (container, days) in enumerate(stops, start=1)
        ]
    return rows


def _market_first(load: _Load) -> list[tuple[_Unit, tuple[str, ...]]]:
    return sorted(load.units, key=lambda entry: not entry[0].market)


def _units(containers: list[PlacedContainer], rng: np.random.Generator) -> list[_Unit]:
    units = []
    markets = sorted({c.market for c in containers if c.market is not None})
    for market in markets:
        mine = tuple(c for c in containers if c.market == market)
        units.append(_Unit(mine, COMPACTOR, mine[0].zone in EASTERN_ZONES, (EVERY_DAY,), market=True))
    for zone in sorted({c.zone for c in containers}):
        patterns = SIX_DAYS if zone in SIX_DAY_ZONES else FOUR_DAYS if zone in FOUR_DAY_ZONES else THREE_DAYS
        for truck_class, small in ((COMPACTOR, False), (TIPPER, True)):
            mine = tuple(c for c in containers if c.zone == zone and c.market is None and c.small_only == small)
            units += [
                _Unit(part, truck_class, zone in EASTERN_ZONES, patterns, market=False)
                for part in _halves(_swept(mine, rng))
            ]
    return units


def _halves(swept: tuple[PlacedContainer, ...]) -> list[tuple[PlacedContainer, ...]]:
    """A long district list is two lists: the foreman has split it where the paper ended."""
    if len(swept) <= 34:
        return [swept] if swept else []
    middle = len(swept) // 2
    return [swept[:middle], swept[middle:]]


def _swept(containers: tuple[PlacedContainer, ...], rng: np.random.Generator) -> tuple[PlacedContainer, ...]:
    """Strip by strip, up one and down the next; a few containers were put up later and stand at the list's end."""
    late = rng.random(len(containers)) < 0.07

    def place_in_sweep(entry: tuple[int, PlacedContainer]) -> tuple[bool, int, float]:
        number, container = entry
        strip = int(container.xy_m[0] // STRIP_M)
        return bool(late[number]), strip, container.xy_m[1] * (1 if strip % 2 else -1)

    return tuple(container for _, container in sorted(enumerate(containers), key=place_in_sweep))


def _give(unit: _Unit, loads: list[_Load], sites_xy_m: dict[str, tuple[float, float]]) -> None:
    """To the truck, and on the weekdays, that leave the busiest day of the week shortest."""
    best: tuple[float, float, _Load, tuple[str, ...]] | None = None
    for load in loads:
        if load.truck.truck_class != unit.truck_class or (load.truck.depot == "D2") != unit.eastern:
            continue
        for pattern in unit.patterns:
            trial = _Load(load.truck, [*load.units, (unit, pattern)])
            busy = [duty_on(trial.units, load.truck, day, sites_xy_m).duty_s for day in WEEKDAYS]
            key = (max(busy), sum(busy))
            if best is None or key < best[:2]:
                best = (*key, load, pattern)
    if best is None:
        raise ValueError(f"no {unit.truck_class} stands on the side of the channel where {unit.containers[0].id} is")
    best[2].units.append((unit, best[3]))


def duty_on(
    units: list[tuple[_Unit, tuple[str, ...]]], truck: Truck, weekday: str, sites_xy_m: dict[str, tuple[float, float]]
) -> Duty:
    """The truck's day with these lists, by simple arithmetic."""
    ordered = sorted(units, key=lambda entry: not entry[0].market)
    stops = [
        DutyStop(c.xy_m, c.kind, days_of_waste(days, weekday))
        for unit, days in ordered
        if weekday in days
        for c in unit.containers
    ]
    site = disposal_site_on(weekday)
    return duty_of(
        stops, TRUCK_CLASSES[truck.truck_class], sites_xy_m[truck.depot], sites_xy_m[site.id], site.service_s
    )


def duties(
    rows: list[BaselineRow], containers: list[PlacedContainer], sites_xy_m: dict[str, tuple[float, float]]
) -> dict[tuple[str, str], Duty]:
    """The duty of every truck on every weekday, (truck, weekday) -> Duty, as the baseline file says it."""
    by_id = {c.id: c for c in containers}
    found = {}
    for truck in TRUCKS:
        for weekday in WEEKDAYS:
            stops = [
                DutyStop(by_id[r.container].xy_m, by_id[r.container].kind, days_of_waste(r.weekdays, weekday))
                for r in rows
                if r.truck == truck.id and weekday in r.weekdays
            ]
            site = disposal_site_on(weekday)
            klass = TRUCK_CLASSES[truck.truck_class]
            found[truck.id, weekday] = duty_of(
                stops, klass, sites_xy_m[truck.depot], sites_xy_m[site.id], site.service_s
            )
    return found
