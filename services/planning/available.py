"""What an order says of the day: trucks that broke down, disposal sites that take no waste."""

from collections.abc import Collection

from services.city.registry import Registry
from services.contracts.planning import PlanDay


def available(registry: Registry, order: PlanDay) -> Registry:
    """The same registry with those trucks out of service and those sites closed."""
    return without(registry, order.broken_down, order.closed_sites)


def without(registry: Registry, broken_down: Collection[str], closed_sites: Collection[str] = ()) -> Registry:
    """The same registry with these trucks out of service and these sites closed."""
    if not broken_down and not closed_sites:
        return registry
    trucks = (
        truck.model_copy(update={"in_service": False}) if truck.id in broken_down else truck
        for truck in registry.trucks
    )
    sites = (
        site.model_copy(update={"open_from": None, "open_to": None}) if site.id in closed_sites else site
        for site in registry.disposal_sites
    )
    return registry.model_copy(update={"trucks": tuple(trucks), "disposal_sites": tuple(sites)})
