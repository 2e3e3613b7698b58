"""Who may come to the broker under which name: nobody else may, as in production."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from infra.stack.stack import MqttLogin, MqttLogins
from services.stream.mqtt_passwords import changing
from tests.chaos.city import CITY, ODD

DEVICES = "devices"
"""One login for all: a hundred connections speak for two hundred devices, in production each would have its own."""
RIGHTS = f"user {DEVICES}\ntopic write tournee/v1/#\n"


@dataclass(frozen=True)
class Logins:
    """Of the broker, of all devices, and the one that was stolen."""

    mqtt: MqttLogins
    devices: MqttLogin
    stolen: MqttLogin
    """Of one container, with its rights in production."""


def make_logins(folder: Path) -> Logins:
    """A password file, and what is in it."""
    file, bridge, container = folder / "devices.passwd", secrets.token_urlsafe(32), f"{CITY}/containers/{ODD}"
    with changing(file) as passwords:
        passwords.put("bridge", bridge)
        devices, stolen = passwords.add(DEVICES), passwords.add(container)
    return Logins(
        MqttLogins(file, MqttLogin("bridge", bridge), RIGHTS),
        MqttLogin(DEVICES, devices),
        MqttLogin(container, stolen),
    )
