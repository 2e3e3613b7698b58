"""The kinds of devices in one table: where each speaks, what it says, where that goes.

A further kind is one row here, its contract, and one handler in `services.writer.handlers`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import (
    Position,
    PositionReceived,
    Reading,
    ReadingReceived,
    Said,
    Weighing,
    WeighingReceived,
)
from services.contracts.trace import device_trace


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """One kind of device."""

    name: str
    """Level of its MQTT topic and of its login: `tournee/v1/<city>/<name>/<id>/<says>`."""
    says: str
    """Last level of its MQTT topic."""
    contract: type[Said]
    """Of its payload."""
    received: type[Message]
    """Of what travels in Kafka: the payload, and who said it when we heard it."""
    topic: str
    """In Kafka, under the key `<city>/<id>`."""
    id_field: str
    """Of `received`: who said it."""
    kept: Literal["readings", "positions"]
    """Which of the settings `keep_*_days` says for how long."""
    registered_as: frozenset[str]
    """What of the registry may speak so: `container`, `truck`, `disposal_site`. Its id is the device's."""
    is_usual: bool = True
    """Whether what is registered so has such a device as a rule: `tournee device add --all` gives it a password."""


CONTAINERS = DeviceKind(
    name="containers",
    says="reading",
    contract=Reading,
    received=ReadingReceived,
    topic=topics.READINGS,
    id_field="container",
    kept="readings",
    registered_as=frozenset({"container"}),
)
TRUCKS = DeviceKind(
    name="trucks",
    says="position",
    contract=Position,
    received=PositionReceived,
    topic=topics.POSITIONS,
    id_field="truck",
    kept="positions",
    registered_as=frozenset({"truck"}),
)
SCALES = DeviceKind(
    name="scales",
    says="weight",
    contract=Weighing,
    received=WeighingReceived,
    topic=topics.WEIGHINGS,
    id_field="scale",
    kept="readings",
    registered_as=frozenset({"truck", "disposal_site"}),
    is_usual=False,
)
KINDS: Mapping[str, DeviceKind] = {kind.name: kind for kind in (CONTAINERS, TRUCKS, SCALES)}
ID_FIELDS = tuple(kind.id_field for kind in KINDS.values())


class DeviceTopic(NamedTuple):
    """A device, as its MQTT topic names it."""

    city: str
    kind: str
    """A name in `KINDS`."""
    device: str

    @property
    def login(self) -> str:
        """Its name at the broker, which is its part of the topic."""
        return f"{self.city}/{self.kind}/{self.device}"


def mqtt_topic(device: DeviceTopic) -> bytes:
    """Where a device publishes, as it stands on the wire."""
    return f"{topics.MQTT_ROOT}/{device.login}/{KINDS[device.kind].says}".encode()


def parse_device_topic(topic: str) -> DeviceTopic | None:
    """The city and device of an MQTT topic, or None where it is not one of ours."""
    match topic.split("/"):
        case ["tournee", "v1", city, kind, device, says] if kind in KINDS and KINDS[kind].says == says:
            return DeviceTopic(city, kind, device)
    return None


def expected_topics() -> str:
    """The forms that a device's topic may have, in words."""
    return " or ".join(f"{topics.MQTT_ROOT}/<city>/{kind.name}/<id>/{kind.says}" for kind in KINDS.values())


def trace_of_value(value: bytes) -> str:
    """The `trace_id` of what a device said, or of a rejection, with these bytes in Kafka.

    Raises:
        ValueError, KeyError: the bytes are none of these.
    """
    said = json.loads(value)
    if "mqtt_topic" in said:
        return str(said["id"])
    device = next((said[field] for field in ID_FIELDS if field in said), None)
    if device is None:
        raise KeyError(f"none of {', '.join(ID_FIELDS)}")
    return device_trace(said["city"], device, datetime.fromisoformat(said["happened_at"]))
