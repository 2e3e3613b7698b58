"""Names of the MQTT and Kafka topics, and the keys that keep order.

| Kafka topic | messages | key |
| --- | --- | --- |
| `readings` | ReadingReceived | city/container |
| `positions` | PositionReceived | city/truck |
| `weighings` | WeighingReceived | city/scale |
| `device-notes` | DeviceNoted | city/device |
| `uplinks` | UplinkReceived | city/container |
| `door-states` | DoorHeard | city/door |
| `rejected` | MessageRejected | MQTT topic, or door |
| `orders` | PlanDay | city/fleet |
| `search-ends` | EndSearch | city/fleet |
| `planning` | PlanningProgressed | city/fleet |
| `plans` | PlanMade | city/fleet |
| `dispatches` | PlanDispatched | city/fleet |
| `confirmations` | VisitConfirmed | city/truck |
| `alerts` | AlertSeen | city |
| `reports` | ReportMade | city/container |
| `penalty-answers` | PenaltyAnswered | city/fleet |
| `contract-sheets` | SheetSigned | city/fleet |
| `registry` | ChangeRegistry | city |
| `presence` | PresenceSaid | city/truck |
| `streets` | StreetSaid | city |
| `ledger` | SavingsComputed | city/fleet/day |
| `coverage` | CoverageComputed | city |
| `districts` | DistrictOrdered | one that leads to the partition wanted |
| `district-plans` | DistrictPlanned | order |
"""

from collections.abc import Mapping
from zlib import crc32

READINGS = "readings"
POSITIONS = "positions"
WEIGHINGS = "weighings"
DEVICE_NOTES = "device-notes"
UPLINKS = "uplinks"
DOOR_STATES = "door-states"
REJECTED = "rejected"
ORDERS = "orders"
SEARCH_ENDS = "search-ends"
PLANNING = "planning"
PLANS = "plans"
DISPATCHES = "dispatches"
CONFIRMATIONS = "confirmations"
ALERTS = "alerts"
REPORTS = "reports"
PENALTY_ANSWERS = "penalty-answers"
CONTRACT_SHEETS = "contract-sheets"
REGISTRY = "registry"
PRESENCE = "presence"
STREETS = "streets"
LEDGER = "ledger"
COVERAGE = "coverage"
DISTRICTS = "districts"
DISTRICT_PLANS = "district-plans"

STORED = (
    READINGS,
    POSITIONS,
    WEIGHINGS,
    REJECTED,
    DEVICE_NOTES,
    UPLINKS,
    DOOR_STATES,
    PLANNING,
    PLANS,
    DISPATCHES,
    CONFIRMATIONS,
    ALERTS,
    REPORTS,
    PENALTY_ANSWERS,
    CONTRACT_SHEETS,
    REGISTRY,
    PRESENCE,
    STREETS,
    LEDGER,
    COVERAGE,
)
"""The topics that the writer puts into the store, telemetry first."""
ALL = (*STORED, ORDERS, SEARCH_ENDS, DISTRICTS, DISTRICT_PLANS)

USUAL_PARTITIONS = 4
"""Of a topic: as many bridges, writers or planners can share the work."""
PARTITIONS: Mapping[str, int] = {DISTRICTS: 12}
"""Where a topic has more. Workers are more than planners; 12 are shared evenly by 2, 3, 4 or 6 of them."""

MQTT_ROOT = "tournee/v1"
MQTT_EVERYTHING = f"{MQTT_ROOT}/#"
"""The bridge subscribes to all of it, so that a device with a wrong topic is seen and not silently ignored."""
MQTT_SHARED = f"$share/bridge/{MQTT_EVERYTHING}"
"""The same, shared by every bridge: each message goes to one of them."""


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
