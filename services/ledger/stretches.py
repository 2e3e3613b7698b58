"""From receipts to stretches of days: which days' work burnt which litres."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.ledger.receipts import Receipt
from services.times import local_day

BEST_FIRST = ("can", "tracker", "receipt")
"""All say the same litres, so one of them is taken, never two: what a maker's cloud has from the engine, what a tracker
has from it, what a pump has filled."""


class Stretch(NamedTuple):
    """Litres that were burnt on the days after `before`, up to and with `until`."""

    before: date
    until: date
    fuel_l: float
    source: str


def stretches_of(receipts: Iterable[Receipt], zone: ZoneInfo) -> dict[str, list[Stretch]]:
    """By truck, in the order of time.

    Trucks are filled when they are back, so a day's work is of the receipt of its evening: the litres of a pump are
    those of the days since the receipt before it, and the first says nothing. An engine says since when it counts.
    """
    kinds: dict[str, dict[str, list[Receipt]]] = defaultdict(lambda: defaultdict(list))
    for receipt in receipts:
        kinds[receipt.truck][receipt.source].append(receipt)
    best = {
        truck: next(of_kind[source] for source in BEST_FIRST if of_kind[source]) for truck, of_kind in kinds.items()
    }
    return {truck: _stretches(rows, zone) for truck, rows in best.items()}


def _stretches(rows: Iterable[Receipt], zone: ZoneInfo) -> list[Stretch]:
    by_day: dict[date, list[Receipt]] = defaultdict(list)  # filled twice in a day: one filling
    for row in rows:
        by_day[local_day(row.filled_at, zone)].append(row)
    found, before = [], None
    for until in sorted(by_day):
        of_day = by_day[until]
        known = [local_day(row.since, zone) for row in of_day if row.since is not None]
        begin = min(known) if len(known) == len(of_day) else before
        if begin is not None:
            found.append(Stretch(begin, until, sum(row.fuel_l for row in of_day), of_day[0].source))
        before = until
    return found
