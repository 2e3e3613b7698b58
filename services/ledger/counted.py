"""Litres that engines count, from what trackers tell of the counters: the same evidence as receipts and makers' litres.

An engine counts what it has burnt in all its life. A day's litres are the difference between the last word of that day
and the last word before it, looked at step by step: a counter that was set back, exchanged, or that has jumped further
than an engine can burn says nothing of that day, and counting begins anew behind it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.ledger.receipts import Receipt
from services.times import local_day

MOST_L_PER_H, LEAST_JUMP_L = 100.0, 5.0
"""No diesel engine of a refuse truck burns more (300 kW at full load: some 75 L/h). Assumed."""
MOST_KMH, LEAST_JUMP_KM = 130.0, 5.0
"""An odometer that runs faster was set anew. Assumed."""
STOOD_KM = 20.0
"""Driven in a day by the odometer: with a counter of litres that stood still, one of the two lies. Assumed."""
LEAST_COMPARED_KM, LEAST_RATIO, MOST_RATIO = 50.0, 0.8, 1.25
"""An odometer's kilometres beside those of GPS, over some days. Wider than the 3 % that tracks cut off at corners:
positions may be missing. A tracker that tells kilometres for metres, or another truck's, is beyond it. Assumed."""


class Counters(NamedTuple):
    """What a truck's engine had counted at an instant; None: not told."""

    truck: str
    at: datetime
    fuel_used_l: float | None
    odometer_m: float | None


@dataclass(frozen=True)
class Counted:
    """A receipt for each truck and day of which its counter says what was burnt; in words, why others have none."""

    receipts: tuple[Receipt, ...]
    faults: tuple[str, ...]


def counted_of(counters: Iterable[Counters], zone: ZoneInfo) -> Counted:
    """Litres by truck and local day, in any order of what is told."""
    by_truck: dict[str, list[Counters]] = defaultdict(list)
    for told in sorted(counters, key=lambda told: told.at):
        if told.fuel_used_l is not None:
            by_truck[told.truck].append(told)
    receipts: list[Receipt] = []
    faults: list[str] = []
    for rows in by_truck.values():
        for each in _days(rows, zone):
            (faults if isinstance(each, str) else receipts).append(each)  # type: ignore[arg-type]
    return Counted(tuple(sorted(receipts, key=lambda row: (row.filled_at, row.receipt))), tuple(faults))


def _days(rows: Sequence[Counters], zone: ZoneInfo) -> Iterator[Receipt | str]:
    """Of one truck, day after day."""
    steps: dict[date, list[tuple[Counters, Counters]]] = defaultdict(list)
    for before, after in pairwise(rows):
        steps[local_day(after.at, zone)].append((before, after))
    since = None
    for day, of_day in steps.items():
        last = of_day[-1][1]
        since = since or of_day[0][0]
        broken = next(filter(None, (_fault(*step) for step in of_day)), None)
        litres = (last.fuel_used_l or 0.0) - (since.fuel_used_l or 0.0)
        if broken is not None:
            yield f"{last.truck}: on {day} its counter of litres {broken}; that day is not counted"
            since = last
        elif litres > 0:
            yield _receipt(since, last, litres)
            since = last
        elif (km := _km(of_day)) >= STOOD_KM:
            # It may yet tell: what it catches up later is of all the days since.
            yield f"{last.truck}: on {day} its counter of litres stood still while its odometer went on by {km:.0f} km"


def _fault(before: Counters, after: Counters) -> str | None:
    step_l = (after.fuel_used_l or 0.0) - (before.fuel_used_l or 0.0)
    hours = (after.at - before.at).total_seconds() / 3600
    told = f"from {before.fuel_used_l:.1f} to {after.fuel_used_l:.1f} L in {hours:.1f} h"
    if step_l < 0:
        return f"ran back ({told}): set back or exchanged"
    if step_l > MOST_L_PER_H * hours + LEAST_JUMP_L:
        return f"jumped ({told}), more than an engine can burn: set anew, or in another unit than litres"
    return None


def _km(steps: Sequence[tuple[Counters, Counters]]) -> float:
    return sum(max(b.odometer_m - a.odometer_m, 0) for a, b in steps if a.odometer_m and b.odometer_m) / 1000


def _receipt(since: Counters, last: Counters, litres: float) -> Receipt:
    at = last.at.astimezone(UTC)
    return Receipt(
        receipt=f"tracker-{last.truck}-{at:%Y%m%dT%H%M%SZ}",
        truck=last.truck,
        filled_at=last.at,
        fuel_l=round(litres, 2),
        odometer_km=None if last.odometer_m is None else round(last.odometer_m / 1000, 1),
        source="tracker",
        since=since.at,
    )


def odometer_lies(
    counters: Iterable[Counters], driven_m: Mapping[tuple[str, date], float], zone: ZoneInfo
) -> tuple[str, ...]:
    """In words, which trackers' odometers cannot be the truck's.

    Args:
        counters: in any order.
        driven_m: by truck and local day, metres that GPS has seen.
        zone: of the city.
    """
    by_truck: dict[str, list[Counters]] = defaultdict(list)
    for told in sorted(counters, key=lambda told: told.at):
        if told.odometer_m is not None:
            by_truck[told.truck].append(told)
    return tuple(fault for truck, rows in by_truck.items() for fault in _lies(truck, rows, driven_m, zone))


def _lies(
    truck: str, rows: Sequence[Counters], driven_m: Mapping[tuple[str, date], float], zone: ZoneInfo
) -> Iterator[str]:
    odometer_km: dict[date, float] = defaultdict(float)
    set_anew: set[date] = set()
    for before, after in pairwise(rows):
        step_km = ((after.odometer_m or 0.0) - (before.odometer_m or 0.0)) / 1000
        hours = (after.at - before.at).total_seconds() / 3600
        day = local_day(after.at, zone)
        if step_km < 0 or step_km > MOST_KMH * hours + LEAST_JUMP_KM:
            yield f"{truck}: on {day} its odometer went by {step_km:+.1f} km in {hours:.1f} h: set anew or exchanged"
            set_anew.add(day)
        odometer_km[day] += step_km
    compared = [day for day in odometer_km if day not in set_anew and (truck, day) in driven_m]
    told_km = sum(odometer_km[day] for day in compared)
    seen_km = sum(driven_m[truck, day] for day in compared) / 1000
    if seen_km >= LEAST_COMPARED_KM and not LEAST_RATIO <= told_km / seen_km <= MOST_RATIO:
        yield (
            f"{truck}: its odometer says {told_km:.1f} km where GPS saw {seen_km:.1f} km: not the truck's, or in "
            "another unit"
        )
