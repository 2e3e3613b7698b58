"""Delivered coverage in the plan: of each container, the people who lacked service lately and would have it by it.

By the ledger's line of who was really served at the end of the last day, and by the crews' words of the week that ends
with the plan's eve. Nothing of what plans promised is in it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.city.registry import Registry
from services.contracts.coverage import CoverageComputed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of

SQL = load_queries(__name__)

WEEK = 7
OLDEST = timedelta(days=WEEK)
"""A line of who was served that ended earlier says nothing of these days."""


class Lacking(NamedTuple):
    """`people` by container, of those that help somebody. `coverage`: the line it is from, if there is one."""

    people: Mapping[str, float]
    coverage: UUID | None


NOBODY = Lacking({}, None)


def find_lacking(connection: Connection, registry: Registry, day: date, as_of: datetime) -> Lacking:
    """As it was known at an instant, for the plan of a day. Reads in the caller's transaction.

    Before a whole week is known everybody lacks service, and nobody is left out more than others: then nobody counts.
    """
    zone = registry.city.zone_info
    asked = {
        "city": registry.city.id, "as_of": as_of, "before": day, "after": day - OLDEST - timedelta(days=1),
        "from": instant_of(day - OLDEST, 0, zone), "until": instant_of(day, 0, zone),
    }  # fmt: skip
    row = connection.execute(SQL["find_coverage_known"], asked).fetchone()
    covered = None if row is None else CoverageComputed.model_validate_json(row["document"])
    if covered is None or covered.weeks_known < 1:
        return NOBODY
    emptied = {row["container_id"]: row["times"] for row in connection.execute(SQL["count_emptyings_known"], asked)}
    return Lacking(lacking_people(covered, registry, emptied), covered.computation_id)


def lacking_people(covered: CoverageComputed, registry: Registry, emptied: Mapping[str, int]) -> dict[str, float]:
    """Of each zone the people within the walk of a container whom none serves, shared by those that fell behind.

    Whoever has no container within the walk is not helped by emptying one; a container that was emptied often enough
    in the last week cannot help its zone by being emptied more.
    """
    behind: dict[str, list[str]] = defaultdict(list)
    for container in registry.containers:
        if emptied.get(container.id, 0) < covered.times_a_week:
            behind[container.zone].append(container.id)
    people: dict[str, float] = {}
    for zone in covered.zones:
        of_zone = behind.get(zone.zone, [])
        lacks = max(0.0, zone.assigned_people - zone.served_people)
        if lacks > 0:
            people |= dict.fromkeys(of_zone, lacks / len(of_zone) if of_zone else 0.0)
    return people
