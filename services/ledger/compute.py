"""From what the store holds of a fleet's day to what its line has to say, for the ledger and for its replay."""

import logging
from datetime import date, datetime

from services.contracts.ledger import SavingsComputed
from services.ledger.savings import savings_of_day
from services.ledger.store import FleetHeld
from services.planning.closed_streets import roads_of_plan
from services.roads.roads import RoadsOf, estimated_roads

log = logging.getLogger(__name__)


def computed(city: str, day: date, held: FleetHeld, now: datetime, roads_of: RoadsOf) -> SavingsComputed:
    """What is said of it now. Raises what `savings_of_day` raises."""
    registry, plan = held.registries[0], held.events.opening_plan
    on_streets = plan is not None and plan.roads == "osm"
    roads = roads_of(registry) if on_streets else estimated_roads(registry)
    if plan is not None and plan.roads != roads.source:
        log.warning("%s %s: planned on streets that are not here: nothing is compared", city, day)
    elif plan is not None:
        roads = roads_of_plan(roads, plan)
    return savings_of_day(
        held.registries, day, held.events, fleet=held.fleet, now=now, roads=roads,
        registry_version=held.registry_version,
    )  # fmt: skip
