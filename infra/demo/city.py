"""The demo's city: its folder drawn or given, loaded, and its logins made."""

import secrets
from datetime import datetime
from pathlib import Path

from infra.demo.operator import Login
from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.store import store_registry
from services.errors import TourneeError
from services.store.connection import Connection
from services.web.entry.accounts import add_account
from services.web.entry.phones import add_phone
from services.web.entry.strength import new_code
from simulators.city import write_city_folder


class WrongFolder(TourneeError):
    """The city folder does not pass the check; nothing was started on it."""


def read_city(folder: Path | None, seed: int, scratch: Path) -> tuple[Path, Registry]:
    """The folder asked for, or one drawn from the seed.

    Raises:
        WrongFolder: with the first faults; `tournee city check` shows all.
    """
    if folder is None:
        folder = scratch / "city"
        write_city_folder(seed, folder)
    reading = read_folder(folder)
    if reading.registry is None:
        faults = "\n  ".join(str(finding) for finding in reading.errors[:10])
        raise WrongFolder(f"{folder} cannot be used ({len(reading.errors)} faults):\n  {faults}")
    # Whatever the city, in the demo its sensors, trucks and crews are simulated: every page must say so.
    city = reading.registry.city.model_copy(update={"simulated": True})
    return folder, reading.registry.model_copy(update={"city": city})


def load_city(connection: Connection, registry: Registry, now: datetime) -> list[Login]:
    """Load the registry and make the logins: an operator, the municipality, and a driver for each truck.

    Passwords are random, made for this run; drivers have the six digits they would type in gloves, and each truck's
    simulated phone its key.
    """
    store_registry(connection, registry, who="demo", now=now)
    logins = [
        Login("operator", "operateur", secrets.token_urlsafe(9), "/operateur"),
        Login("municipality", "mairie", secrets.token_urlsafe(9), "/municipalite"),
        *(Login("driver", truck.id, new_code(), "/chauffeur", secrets.token_urlsafe(32)) for truck in registry.trucks),
    ]
    with connection.transaction():
        for login in logins:
            truck = login.login if login.role == "driver" else None
            add_account(connection, registry.city.id, login.login, login.role, login.password, truck)
            if truck is not None:
                add_phone(connection, registry.city.id, truck, by="demo", now=now, key=login.phone_key)
    return logins
