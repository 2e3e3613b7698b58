"""A small city in the store: the example town, with the sensors' containers beside its own, and people who log in."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.city.registry import Registry
from services.city.store import store_registry
from services.contracts.planning import PlanMade
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.web.entry.phones import add_phone
from services.web.entry.strength import new_code
from tests.support.circuits import circuit_of, send_circuit
from tests.support.example_town import example_town

CITY = "houeyogbe"
PROBE = "PROBE"
"""The container whose readings tell that the pipeline works again."""
ODD = "ODD"
"""The container of bad, late and misdated readings."""
OPERATOR = "awa"
DAYS = 15
"""Of which the crew may speak: the readings among which it was are of the last week at most."""


@dataclass(frozen=True)
class Town:
    """What chaos needs to know of it."""

    city: str
    trucks: tuple[str, ...]
    password: str = field(repr=False)
    digits: str = field(repr=False)
    """What its drivers enter."""
    phone_key: str = field(repr=False)
    """Of the phone that the first truck's driver holds."""
    plans: Mapping[date, UUID]
    """By day, the plan whose circuit sends the first truck to every container."""


def put_town(database_url: str, containers: tuple[str, ...]) -> Town:
    """Load the registry and make accounts: an operator, and a driver for every truck."""
    registry = _with_containers(containers)
    plans = _circuits_of(registry, (*containers, PROBE, ODD))
    town = Town(
        registry.city.id,
        tuple(truck.id for truck in registry.trucks),
        secrets.token_urlsafe(12),
        new_code(),
        secrets.token_urlsafe(32),
        {plan.day: plan.plan_id for plan in plans},
    )
    with connect(database_url, name="chaos") as connection:
        store_registry(connection, registry, who="chaos", now=datetime.now(UTC))
        add_account(connection, town.city, OPERATOR, "operator", town.password)
        for truck in town.trucks:
            add_account(connection, town.city, truck, "driver", town.digits, truck)
        add_phone(connection, town.city, town.trucks[0], by="chaos", now=datetime.now(UTC), key=town.phone_key)
        for plan in plans:
            send_circuit(connection, plan)
    return town


def _circuits_of(registry: Registry, places: tuple[str, ...]) -> list[PlanMade]:
    """Sent for each of the last days: what the crew says of any container then is said of its own circuit."""
    city, truck, today = registry.city.id, registry.trucks[0].id, datetime.now(UTC).date()
    return [circuit_of(city, truck, today - timedelta(days=n), places) for n in range(DAYS)]


def _with_containers(ids: tuple[str, ...]) -> Registry:
    registry = example_town()
    model = next(container for container in registry.containers if container.kind == "bac-1100")
    # Some 5 m apart: a planner that orders them has work, and none of them is out of reach.
    more = tuple(
        model.model_copy(
            update={"id": name, "name": name, "lon": model.lon + n % 20 * 5e-5, "lat": model.lat + n * 5e-6}
        )
        for n, name in enumerate((*ids, PROBE, ODD))
    )
    return registry.model_copy(update={"containers": registry.containers + more})
