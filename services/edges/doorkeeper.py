"""Where the messages of all doors come together, over MQTT and over HTTP: taken, and told of now and then."""

from collections.abc import Callable
from datetime import timedelta

from services.clock import Clock
from services.contracts import topics
from services.edges.choosing import with_own
from services.edges.door_registry import FreshDoorRegistry
from services.edges.notes import DeviceNotes
from services.edges.states import DoorStates
from services.edges.taking import Keep, Made, Taken, Taker
from services.settings import Settings

NETWORKS = ("chirpstack", "ttn")
"""The doors that are open on MQTT: `tournee/v1/<city>/<door>/<network>/.../<event>`."""
SIGNS = tuple(f"/{door}/".encode() for door in NETWORKS)
UP = b"/up"
"""How the topic of a message from a sensor ends, at both; the others are passed over unread."""


class DoorKeeper:
    """Safe from any thread."""

    def __init__(self, registry: FreshDoorRegistry, clock: Clock, taker: Taker) -> None:
        self.registry = registry
        self._clock = clock
        self._taker = taker
        self._notes = DeviceNotes()
        self._states = DoorStates()

    def take(self, city: str, door: str, payload: bytes, *, device: str | None = None) -> Taken:
        """Turn a message into events; they are yet to be sent."""
        now = self._clock.now()
        taken = self._taker.take(city, door, payload, now=now, registry=self.registry.latest, device=device)
        if taken.outcome == "rejected":
            self.registry.missed = True
        self._notes.add(taken.notes, now)
        self._states.add(taken, now)
        return taken

    def tell(self, send: Callable[[Made], object]) -> None:
        """Send what was noted of devices, and heard at doors, since this was last called."""
        for note in self._notes.take():
            send(Made(topics.DEVICE_NOTES, topics.key(note.city, note.device), note.to_bytes()))
        for state in self._states.take():
            send(Made(topics.DOOR_STATES, topics.key(state.city, state.door), state.to_bytes()))


def doorkeeper_of(config: Settings, registry: FreshDoorRegistry, clock: Clock) -> DoorKeeper:
    """A doorkeeper put together from the settings.

    Raises:
        SettingMissing: a decoder of the city's own cannot be had.
    """
    keep = Keep(timedelta(days=config.keep_readings_days), timedelta(days=config.keep_positions_days))
    return DoorKeeper(registry, clock, Taker(with_own(config.decoder_files), keep))


def parse_network_topic(mqtt_topic: bytes) -> tuple[str, str, bool] | None:
    """City, door, and whether it is a message of a sensor; None where the topic is no network's."""
    if not any(sign in mqtt_topic for sign in SIGNS):
        return None
    match mqtt_topic.decode(errors="replace").split("/"):
        case ["tournee", "v1", city, door, _network, *_, _event] if door in NETWORKS:
            return city, door, mqtt_topic.endswith(UP)
    return None
