"""Names of the MQTT and Kafka topics, and the keys that keep order.

| Kafka topic | messages | key |
| --- | --- | --- |
| `readings` | ReadingReceived | city/container |
| `positions` | PositionReceived | city/truck |
| `rejected` | MessageRejected | MQTT topic |
| `orders` | PlanDay | city/fleet |
| `planning` | PlanningProgressed | city/fleet |
| `plans` | PlanMade | city/fleet |
| `dispatches` | PlanDispatched | city/fleet |
| `confirmations` | VisitConfirmed | city/truck |
| `ledger` | SavingsComputed | city/day |
| `districts` | DistrictOrdered | one that leads to the partition wanted |
| `district-plans` | DistrictPlanned | order |
"""

from collections.abc import Mapping
from typing import NamedTuple
from zlib import crc32

READINGS = "readings"
POSITIONS = "positions"
REJECTED = "rejected"
ORDERS = "orders"
PLANNING = "planning"
PLANS = "plans"
DISPATCHES = "dispatches"
CONFIRMATIONS = "confirmations"
LEDGER = "ledger"
DISTRICTS = "districts"
DISTRICT_PLANS = "district-plans"

STORED = (READINGS, POSITIONS, REJECTED, PLANNING, PLANS, DISPATCHES, CONFIRMATIONS, LEDGER)
"""The topics that the writer puts into the store, telemetry first."""
ALL = (*STORED, ORDERS, DISTRICTS, DISTRICT_PLANS)

USUAL_PARTITIONS = 4
"""Of a topic: as many bridges, writers or planners can share the work."""
PARTITIONS: Mapping[str, int] = {DISTRICTS: 12}
"""Where a topic has more. Workers are more than planners; 12 are shared evenly by 2, 3, 4 or 6 of them."""

MQTT_ROOT = "tournee/v1"
MQTT_READINGS = f"{MQTT_ROOT}/+/containers/+/reading"
MQTT_POSITIONS = f"{MQTT_ROOT}/+/trucks/+/position"
MQTT_EVERYTHING = f"{MQTT_ROOT}/#"
"""The bridge subscribes to all of it, so that a device with a wrong topic is seen and not silently ignored."""
MQTT_SHARED = f"$share/bridge/{MQTT_EVERYTHING}"
"""The same, shared by every bridge: each message goes to one of them."""


class DeviceTopic(NamedTuple):
    city: str
    kind: str
    """`containers` or `trucks`."""
    device: str


def mqtt_topic(device: DeviceTopic) -> bytes:
    """Where a device publishes, as it stands on the wire."""
    what = "reading" if device.kind == "containers" else "position"
    return f"{MQTT_ROOT}/{device.city}/{device.kind}/{device.device}/{what}".encode()


def parse_device_topic(topic: str) -> DeviceTopic | None:
    """The city and device of an MQTT topic, or None where it is not one of ours."""
    match topic.split("/"):
        case ["tournee", "v1", city, "containers", device, "reading"]:
            return DeviceTopic(city, "containers", device)
        case ["tournee", "v1", city, "trucks", device, "position"]:
            return DeviceTopic(city, "trucks", device)
    return None


def district_key(order: str, district: int, of: int) -> bytes:
    """A key that leads district 0..of-1 to its own stretch of the partitions, as `zlib.crc32` of keys is dealt out.

    A group's members each hold a stretch of partitions. Left to chance, one worker would have three districts and
    another none.
    """
    partitions = PARTITIONS[DISTRICTS]
    wanted, attempt = district * partitions // of, 0
    while crc32(found := f"{order}/{district}/{attempt}".encode()) % partitions != wanted:
        attempt += 1
    return found


def key(city: str, part: str) -> bytes:
    """The Kafka key that keeps one device's (or fleet's) messages in order."""
    return f"{city}/{part}".encode()
