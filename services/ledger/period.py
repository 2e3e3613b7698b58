"""What days of the ledger say together: savings with an interval, and what of them is not counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.contracts.ledger import Fell, Provisional, SavingsComputed
from services.ledger.ashrae import MOST_UNCERTAIN
from services.ledger.errors import Interval, Spread, interval_of, spread_of


@dataclass(frozen=True)
class NotCounted:
    """A zone's saving that is not counted, over the days of a period."""

    zone: str
    fuel_l: float
    days: int
    reasons: tuple[Fell, ...]


@dataclass(frozen=True)
class Savings:
    """Of some days and fleets. Litres are counted ones; `not_counted_l` is what was withheld."""

    fuel_l: Interval
    distance_m: Interval
    duty_s: Interval
    co2e_kg: Interval
    money: Interval
    baseline_l: float
    not_counted_l: float
    not_counted: tuple[NotCounted, ...]
    provisional: tuple[Provisional, ...]

    @property
    def is_provisional(self) -> bool:
        return bool(self.provisional)

    @property
    def saved_ratio(self) -> float | None:
        """Of the baseline's litres; None where it would have burnt none."""
        return self.fuel_l.value / self.baseline_l if self.baseline_l else None

    @property
    def uncertainty(self) -> float | None:
        """Half of the 68 % interval as a share of the saving, as ASHRAE Guideline 14 asks for; None of no saving."""
        return self.fuel_l.half_68 / abs(self.fuel_l.value) if self.fuel_l.value else None

    @property
    def is_certain(self) -> bool:
        return self.fuel_l.half_68 <= MOST_UNCERTAIN * abs(self.fuel_l.value)


def savings_of(
    lines: Sequence[SavingsComputed], *, ahead: Iterable[SavingsComputed] = (), period_days: int = 7
) -> Savings | None:
    """Of the lines that are compared; None where none is, or none says how far it may be wrong.

    A zone whose service fell on a day was not served as promised in the days that lead up to it: none of their saving
    counts either. So lines that come after the period (`ahead`, `period_days` less one day of them) are looked at too.

    Args:
        lines: any days and fleets of one city, each once.
        ahead: of the days after them.
        period_days: of the city's rule of who is served.
    """
    compared = [line for line in lines if line.baseline is not None and line.fuel_saved_l is not None and line.errors]
    if not compared:
        return None
    late_l, not_counted = _withheld(compared, fallen_days([*lines, *ahead]), period_days)
    baseline_l = sum(line.baseline.fuel_l for line in compared if line.baseline)
    litres = sum(line.fuel_saved_l or 0.0 for line in compared) - late_l
    lost = late_l / baseline_l if baseline_l else 0.0
    before_m = sum(line.baseline.distance_m for line in compared if line.baseline)
    before_s = sum(line.baseline.duty_s or 0.0 for line in compared if line.baseline)
    spread = spread_of(error for line in compared for error in line.errors)
    fuel = interval_of(litres, spread.fuel_l)
    provisional = {reason for line in compared for reason in line.provisional}
    if fuel.half_68 > MOST_UNCERTAIN * abs(litres):
        provisional.add("too_uncertain")
    per_l = _per_litre(compared)
    return Savings(
        fuel_l=fuel,
        distance_m=interval_of(sum(x.distance_saved_m or 0 for x in compared) - lost * before_m, spread.distance_m),
        duty_s=interval_of(sum(x.duty_saved_s or 0 for x in compared) - lost * before_s, spread.duty_s),
        co2e_kg=fuel.times(per_l[0]),
        money=fuel.times(per_l[1]),
        baseline_l=baseline_l,
        not_counted_l=sum(line.fuel_withheld_l for line in compared) + late_l,
        not_counted=not_counted,
        provisional=tuple(sorted(provisional)),
    )


def fallen_days(lines: Iterable[SavingsComputed]) -> dict[tuple[str, str], dict[date, Fell]]:
    """By fleet and zone, the days on which its service had fallen, and why."""
    fallen: dict[tuple[str, str], dict[date, Fell]] = defaultdict(dict)
    for line in lines:
        for zone in line.zones:
            if zone.fell is not None:
                fallen[line.fleet, zone.zone][line.day] = zone.fell
    return fallen


def _withheld(
    lines: Sequence[SavingsComputed], fallen: Mapping[tuple[str, str], Mapping[date, Fell]], period_days: int
) -> tuple[float, tuple[NotCounted, ...]]:
    """Litres of days before a zone's service fell, which their lines still count; and all that is withheld, by zone."""
    late_l = 0.0
    zones: dict[str, list[tuple[date, float, Fell]]] = defaultdict(list)
    for line in lines:
        for zone in line.zones:
            days = fallen.get((line.fleet, zone.zone), {})
            if zone.fell is not None:
                zones[zone.zone].append((line.day, zone.fuel_withheld_l, zone.fell))
                continue
            within = (line.day + timedelta(days=n) for n in range(1, period_days))
            reason = next((days[day] for day in within if day in days), None)
            if reason is not None:
                late_l += zone.fuel_withheld_l
                zones[zone.zone].append((line.day, zone.fuel_withheld_l, reason))
    told = (
        NotCounted(
            zone=zone,
            fuel_l=round(sum(litres for _, litres, _ in rows), 2),
            days=len({day for day, _, _ in rows}),
            reasons=tuple(sorted({reason for _, _, reason in rows})),
        )
        for zone, rows in zones.items()
    )
    return late_l, tuple(sorted(told, key=lambda row: (-row.fuel_l, row.zone)))


def _per_litre(lines: Sequence[SavingsComputed]) -> tuple[float, float]:
    """Kilograms of CO2e and money, by the factors that the lines themselves were counted with."""
    litres = sum(abs(line.fuel_saved_l or 0.0) for line in lines)
    if litres == 0:
        return 0.0, 0.0
    co2e_kg = sum(abs(line.co2e_saved_kg or 0.0) for line in lines)
    money = sum(abs(line.money_saved or 0.0) for line in lines)
    return co2e_kg / litres, money / litres


__all__ = ["Interval", "NotCounted", "Savings", "Spread", "fallen_days", "savings_of"]
