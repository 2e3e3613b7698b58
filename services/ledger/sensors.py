"""What of a saving comes of sensors: the choice of a life without them, driven beside the choice that was made."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.contracts.ledger import SavedByCause
from services.contracts.planning import ContainerForecast
from services.errors import TourneeError
from services.fill.belief import Belief, hours_of
from services.fill.evidence import Evidence
from services.fill.prospects import service_instant
from services.ledger.driving import Scale
from services.ledger.fuel import TruckFuel
from services.ledger.inflow import Inflow, Standing, inflow_of
from services.ledger.rerouted import rerouted_l
from services.ledger.without_sensors import LifeWithoutSensors, LivedDay, habits_of
from services.roads.roads import Roads

LEAST_DAYS = 14
"""A period is of at least so many days: a container that one life empties today the other empties a few days later, so
that single days say nothing. Each container is emptied several times within them."""
RUN_IN_DAYS = 14
"""Days of the life without sensors before the first that is told: it begins where the life with them was. Assumed: the
longest promises of most cities end twice within them."""
LONGEST_BEFORE_DAYS = 120
"""The life begins at most so long before the first day asked for: beliefs remember 40 emptyings, about so many days."""


class NotTold(TourneeError):
    """Nothing can be said of what sensors saved in a period."""


@dataclass(frozen=True)
class Compared:
    """What is needed to drive sets of containers on a day of a fleet, and what its line says was saved."""

    fuel: Mapping[str, TruckFuel]
    """Of every truck in service."""
    scale: Scale
    baseline_l: float
    by_cause: SavedByCause


@dataclass(frozen=True)
class SensorDay:
    """A fleet's day, and how it is driven; `compared` is None where no saving is told by cause."""

    lived: LivedDay
    compared: Compared | None


@dataclass(frozen=True)
class Over:
    """What lay beside containers, by readings and by what came in."""

    litre_hours: float = 0.0
    container_days: int = 0
    """Containers over the rim after the day's round, added up over days."""


@dataclass(frozen=True)
class SavedBySensors:
    """A period's saving by three causes, before anything is withheld; together they are all of it."""

    city: str
    first: date
    last: date
    begun: date
    """First day of the life without sensors."""
    days: int
    """On which anything was compared."""
    containers: int
    with_sensor: int
    baseline_l: float
    choice_l: float
    """What is left of the choice's once the sensors' part is taken from it: choosing by dates, eyes and reports."""
    sensors_l: float
    """What the life without sensors empties less what was emptied, both on circuits by the same search; below 0 where
    sensors cost litres."""
    routing_l: float
    emptied: int
    emptied_without: int
    over: Over
    over_without: Over
    told_share: float
    """Of emptyings at which crews told the level."""
    simulated: bool


def saved_by_sensors(
    days: Sequence[SensorDay],
    beliefs: Mapping[str, Belief],
    rates: Mapping[str, float],
    account: Mapping[str, Sequence[Evidence]],
    *,
    first: date,
    last: date,
    tell: Callable[[date], None] = lambda _: None,
) -> SavedBySensors:
    """Live without sensors from the first of `days` on, and tell from `first` to `last`.

    Args:
        days: in the order of days, from the life's first on, whoever was compared; a day that is not there had no plan.
        beliefs: by container, with all evidence of these days.
        rates: shares of the volume a day as plans knew them, by container.
        account: by container, in the order of time, all evidence but readings.
        first: that is told; `RUN_IN_DAYS` after the life's first at least.
        last: that is told.
        tell: is told each day before it is lived.

    Raises:
        NotTold: the period or the life before it is too short, or nobody has a sensor.
    """
    begun = days[0].lived.day if days else first
    _refuse_short(days, begun, first, last)
    city = days[0].lived.registry.city
    begun_at = min(day.lived.as_of for day in days if day.lived.day == begun)
    inflow = inflow_of(beliefs, rates, hours_of(begun_at), hours_of(begun_at + timedelta(days=(last - begun).days + 2)))
    if not inflow.has_sensor.any():
        raise NotTold(f"no container of {city.id} had a sensor that told what came in: there is nothing to tell apart")
    habits = habits_of((day.lived for day in days), _within(account, begun_at))
    without = LifeWithoutSensors(inflow, begun_at, account, habits)
    told = _Told(Standing(inflow, hours_of(begun_at)), without, capacities_of(days))
    for day, of_day in _by_day(days, begun, last):
        tell(day)
        told.live(of_day, is_told=day >= first)
    return told.summed(city.id, first, last, begun, inflow, habits.told_share, simulated=city.simulated)


class _Told:
    """Both lives, and the sums of the days that are told."""

    def __init__(self, really: Standing, without: LifeWithoutSensors, capacities_l: Mapping[str, float]) -> None:
        self._really, self._without, self._capacities_l = really, without, capacities_l
        self._is_told = False
        self._days: set[date] = set()
        self._litres: dict[str, float] = defaultdict(float)
        self._emptied = self._emptied_without = self._over = self._over_without = 0

    def live(self, of_day: Sequence[SensorDay], *, is_told: bool) -> None:
        lived = [day.lived for day in of_day]
        at_h = hours_of(max(service_instant(day.registry, day.day) for day in lived))
        self._really.until(at_h)
        if is_told and not self._is_told:
            self._without.standing.until(at_h)
            self._really.forget_over()
            self._without.standing.forget_over()
            self._is_told = True
        levels = self._really.levels()
        chosen, levels_without = self._without.live(lived)
        for day in lived:
            self._really.empty(day.emptied)
        if not is_told:
            return
        for one in of_day:
            if one.compared is not None:
                self._add(one.lived, one.compared, chosen[one.lived.fleet], levels, levels_without)
        self._over += sum(level > 1 for level in self._really.levels().values())
        self._over_without += sum(level > 1 for level in self._without.standing.levels().values())

    def _add(
        self,
        lived: LivedDay,
        compared: Compared,
        chosen: frozenset[str],
        levels: Mapping[str, float],
        levels_without: Mapping[str, float],
    ) -> None:
        roads = lived.roads()
        really_l = litres_of(lived, compared, roads, lived.emptied, levels)
        without_l = litres_of(lived, compared, roads, chosen, levels_without)
        self._days.add(lived.day)
        self._litres["baseline"] += compared.baseline_l
        self._litres["choice"] += compared.by_cause.choice_l - (without_l - really_l)
        self._litres["sensors"] += without_l - really_l
        self._litres["routing"] += compared.by_cause.routing_l
        self._emptied += len(lived.emptied)
        self._emptied_without += len(chosen)

    def summed(
        self, city: str, first: date, last: date, begun: date, inflow: Inflow, told_share: float, *, simulated: bool
    ) -> SavedBySensors:
        if len(self._days) < LEAST_DAYS:
            raise NotTold(
                f"from {first} to {last} the ledger compares {len(self._days)} days by cause; sensors are told of "
                f"{LEAST_DAYS} and more: ask for a longer period, or have the days counted again (tournee city recount)"
            )
        return SavedBySensors(
            city=city,
            first=first,
            last=last,
            begun=begun,
            days=len(self._days),
            containers=len(inflow.containers),
            with_sensor=int(inflow.has_sensor.sum()),
            baseline_l=round(self._litres["baseline"], 2),
            choice_l=round(self._litres["choice"], 2),
            sensors_l=round(self._litres["sensors"], 2),
            routing_l=round(self._litres["routing"], 2),
            emptied=self._emptied,
            emptied_without=self._emptied_without,
            over=self._over_of(self._really, inflow, self._over),
            over_without=self._over_of(self._without.standing, inflow, self._over_without),
            told_share=round(told_share, 4),
            simulated=simulated,
        )

    def _over_of(self, standing: Standing, inflow: Inflow, container_days: int) -> Over:
        over_h = zip(inflow.containers, standing.over_h.tolist(), strict=True)
        return Over(round(sum(h * self._capacities_l.get(c, 0.0) for c, h in over_h), 1), container_days)


def litres_of(
    lived: LivedDay, compared: Compared, roads: Roads, emptied: Collection[str], levels: Mapping[str, float]
) -> float:
    """That emptying these containers burns, with what stands in them as a share of their volume."""
    kg_per_l = {kind.id: kind.kg_per_l for kind in lived.registry.container_kinds}
    loads = [
        ContainerForecast(
            container=c.id, fill_ratio=levels[c.id], fill_per_day=0, evidence="prior", due="full", required=True,
            demand_l=(litres := levels[c.id] * c.capacity_l), demand_kg=litres * kg_per_l[c.kind],
        )
        for c in lived.registry.containers
        if c.id in emptied and c.id in levels
    ]  # fmt: skip
    return rerouted_l(lived.registry, loads, lived.day, fuel=compared.fuel, scale=compared.scale, roads=roads)


def capacities_of(days: Sequence[SensorDay]) -> dict[str, float]:
    """Litres, by container; of one that was exchanged the later."""
    registries = {id(day.lived.registry): day.lived.registry for day in days}
    return {c.id: c.capacity_l for registry in registries.values() for c in registry.containers}


def _refuse_short(days: Sequence[SensorDay], begun: date, first: date, last: date) -> None:
    if not days:
        raise NotTold(f"the ledger has no line of a day up to {last} that is over")
    if (last - first).days + 1 < LEAST_DAYS:
        raise NotTold(
            f"sensors are told of {LEAST_DAYS} days and more, not of {first} to {last}: single days say nothing"
        )
    earliest = begun + timedelta(days=RUN_IN_DAYS)
    if first < earliest:
        raise NotTold(
            f"the life without sensors begins on {begun}, the ledger's first day, and needs {RUN_IN_DAYS} days until "
            f"it is one of its own: ask from {earliest} on"
        )


def _by_day(days: Sequence[SensorDay], begun: date, last: date) -> Iterator[tuple[date, list[SensorDay]]]:
    of_day: dict[date, list[SensorDay]] = defaultdict(list)
    for day in days:
        if begun <= day.lived.day <= last:
            of_day[day.lived.day].append(day)
    yield from sorted(of_day.items())


def _within(account: Mapping[str, Sequence[Evidence]], begun_at: datetime) -> Iterator[Evidence]:
    return (piece for pieces in account.values() for piece in pieces if piece.happened_at >= begun_at)
