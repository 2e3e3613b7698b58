"""Crews and their quarters: the containers that each crew knows, by what it emptied in the weeks before the day.

By the crews' own words alone, as they were known at an instant, so that a plan of the past knows what it knew then.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from services.city.registry import City, Registry
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of

SQL = load_queries(__name__)

WEEKS = timedelta(weeks=4)
"""Before the day: what crews emptied in them counts, alike however long ago. Chosen: a crew that changed its quarter a
month ago is at home in the new one."""
OF_ZONE = 3
"""Emptyings of its own as many as which those of its zone count for each container: so one that was never emptied, or
once by a crew passing through, belongs to whoever works around it. Chosen."""
KNOWS_RATIO = 1 / 3
"""A crew knows a container of which it did this share of the emptyings: at most three crews know one. Chosen."""

type Emptied = Mapping[str, Mapping[str, int]]
"""How often each truck emptied each container, by container and truck."""
type KnownBy = Mapping[str, frozenset[str]]
"""The trucks whose crews know a container, by container; those that nobody knows are not in it."""

NOTHING_EMPTIED: Emptied = {}


def find_emptied(connection: Connection, city: City, day: date, as_of: datetime) -> Emptied:
    """In the four weeks before a day, as it was known at an instant. Reads in the caller's transaction."""
    asked = {
        "city": city.id, "as_of": as_of,
        "from": instant_of(day - WEEKS, 0, city.zone_info), "until": instant_of(day, 0, city.zone_info),
    }  # fmt: skip
    emptied: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(SQL["count_emptyings_by_truck"], asked):
        emptied[row["container_id"]][row["truck_id"]] = row["times"]
    return emptied


def known_by(registry: Registry, emptied: Emptied) -> KnownBy:
    """By the trucks of this registry that are in service: of the others nobody can come."""
    here = {truck.id for truck in registry.trucks if truck.in_service}
    of_zone: dict[str, Counter[str]] = defaultdict(Counter)
    for container in registry.containers:
        of_zone[container.zone].update(emptied.get(container.id, {}))
    known = {
        container.id: _crews(emptied.get(container.id, {}), of_zone[container.zone]) & here
        for container in registry.containers
    }
    return {container: crews for container, crews in known.items() if crews}


def _crews(of_container: Mapping[str, int], of_zone: Mapping[str, int]) -> frozenset[str]:
    """Those with the share that knowing takes, of the container's emptyings and `OF_ZONE` of its zone's mix."""
    zone_times, times = sum(of_zone.values()), sum(of_container.values())
    if not zone_times:
        return frozenset()
    least = KNOWS_RATIO * (times + OF_ZONE)
    return frozenset(
        truck for truck, there in of_zone.items() if of_container.get(truck, 0) + OF_ZONE * there / zone_times >= least
    )
