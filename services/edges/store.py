"""Whose the devices of other makers are, and who may come in, in the store."""

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import ValidationError

from services.city.devices import UnknownCity
from services.city.registry import ContainerKind
from services.edges.door_registry import TRACKER, DoorRegistry, Key, Sender
from services.edges.naming import Naming
from services.errors import TourneeError
from services.store.connection import Connection, connect, store_errors
from services.store.queries import load_queries

log = logging.getLogger(__name__)

SQL = load_queries(__name__)


class UnknownDevice(TourneeError):
    """The city has no such truck, or no such key."""


def load_door_registry(database_url: str) -> DoorRegistry:
    """What the doors have to know of every city.

    Raises:
        StoreAway: the store does not answer.
    """
    every = {"city": None}
    with store_errors(), connect(database_url, name="edges") as connection:
        kinds = {
            (row["city_id"], row["entry_id"]): _kind_of(row["city_id"], row["document"])
            for row in connection.execute(SQL["list_container_kinds"])
        }
        containers = {
            (row["city_id"], row["container_id"]): kinds.get((row["city_id"], row["kind"]))
            for row in connection.execute(SQL["list_containers"], every)
        }
        trucks = {(row["city_id"], row["truck_id"]) for row in connection.execute(SQL["list_trucks"])}
        named = {
            (row["city_id"], row["kind"], row["name"]): Sender(row["device_id"], row["decoder"])
            for row in connection.execute(SQL["list_device_names"], every)
        }
        keys = {
            bytes(row["key_hash"]): Key(row["city_id"], row["door"], row["device_id"])
            for row in connection.execute(SQL["list_door_keys"])
        }
    return DoorRegistry(containers, frozenset(trucks), named, keys)


def _kind_of(city: str, document: object) -> ContainerKind | None:
    """A kind that this Tournée would no longer take costs its containers their fills, and nobody else anything."""
    try:
        return ContainerKind.model_validate(document)
    except ValidationError as error:
        log.warning("a container kind of %s cannot be read, its sensors tell no fill: %s", city, error)
        return None


def list_container_names(connection: Connection, city: str) -> Mapping[str, str]:
    """The names of a city's active containers, by id.

    Raises:
        UnknownCity: the city was never loaded.
        StoreAway: the store does not answer.
    """
    with store_errors():
        _need_city(connection, city)
        rows = connection.execute(SQL["list_containers"], {"city": city}).fetchall()
    return {row["container_id"]: row["name"] for row in rows}


def list_namings(connection: Connection, city: str, kind: str) -> Mapping[str, Naming]:
    """What a city has said of whose each device is, by the device's name. Raises as above but for the city."""
    with store_errors():
        rows = connection.execute(SQL["list_device_names"], {"city": city}).fetchall()
    namings = (Naming(row["name"], row["device_id"], row["decoder"]) for row in rows if row["kind"] == kind)
    return {naming.name: naming for naming in namings}


def put_namings(connection: Connection, city: str, kind: str, namings: Iterable[Naming]) -> None:
    """Say whose these devices are, all of them or none."""
    rows = [{"city": city, "kind": kind, **naming._asdict()} for naming in namings]
    with store_errors(), connection.transaction():
        if rows:
            connection.cursor().executemany(SQL["put_device_name"], rows)


def make_key(connection: Connection, city: str, door: str, device: str | None, now: datetime) -> str:
    """A new key in place of the one before it; only its hash is kept.

    Raises:
        UnknownCity, UnknownDevice: there is no such city or truck.
    """
    key = secrets.token_urlsafe(24)
    with store_errors(), connection.transaction():
        _need_city(connection, city)
        if door == TRACKER:
            found = connection.execute(SQL["truck_exists"], {"city": city, "truck": device}).fetchone()
            if found is None:
                raise UnknownDevice(f"{city} has no truck {device}: see trucks.csv of its folder")
        values = {"city": city, "door": door, "device": device, "key_hash": hash_of(key), "made_at": now}
        connection.execute(SQL["put_door_key"], values)
    return key


def drop_key(connection: Connection, city: str, door: str, device: str | None) -> None:
    """Take a key away. The doors forget it within seconds.

    Raises:
        UnknownDevice: there is none.
    """
    with store_errors(), connection.transaction():
        values = {"city": city, "door": door, "device": device}
        if not connection.execute(SQL["drop_door_key"], values).rowcount:
            raise UnknownDevice(f"{city} has no key for {door}{f' {device}' if device else ''}")


def hash_of(key: str) -> bytes:
    """Keys have 192 random bits: what makes passwords' hashes slow is of no use to them."""
    return hashlib.sha256(key.encode()).digest()


def _need_city(connection: Connection, city: str) -> None:
    if connection.execute(SQL["city_exists"], {"city": city}).fetchone() is None:
        raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
