"""Where the messages of all doors come together, over MQTT and over HTTP: taken, and told of now and then."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.clock import Clock, Simulation, simulation_of
from services.contracts import topics
from services.edges.choosing import with_own
from services.edges.door_registry import FreshDoorRegistry
from services.edges.notes import DeviceNotes
from services.edges.states import DoorStates
from services.edges.taking import Keep, Made, Taken, Taker
from services.settings import Settings

NETWORKS = ("chirpstack", "ttn")
"""The doors that are open on MQTT: `tournee/v1/<city>/<door>/<network>/.../<event>`."""
OF_NETWORKS = {door.encode(): door for door in NETWORKS}
ROOT, UP = [b"tournee", b"v1"], b"up"
"""How the topic of a message from a sensor ends, at both; the others are passed over unread."""


class DoorKeeper:
    """Safe from any thread."""

    def __init__(
        self, registry: FreshDoorRegistry, clock: Clock, taker: Taker, *, simulation: Simulation | None = None
    ) -> None:
        self.registry = registry
        self._clock = clock
        self._taker = taker
        self._simulation = simulation
        self._notes = DeviceNotes()
        self._states = DoorStates()

    def take(self, city: str, door: str, payload: bytes, *, device: str | None = None) -> Taken:
        """Turn a message into events; they are yet to be sent."""
        now = self._clock.now()
        taken = self._taker.take(
            city, door, payload, now=now, registry=self.registry.latest, device=device, simulation=self._simulation
        )
        if taken.outcome == "rejected":
            self.registry.missed = True
        if taken.notes:
            self._notes.add(taken.notes, now)
        self._states.add(taken, now)
        return taken

    def note(
        self,
        city: str,
        door: str,
        at: datetime,
        *,
        device: str | None = None,
        left_aside: str | None = None,
        rejected: str | None = None,
    ) -> None:
        """Count what came at a door without being taken by it: our own devices', and what was turned away at once."""
        if city in self.registry.latest.cities:  # else anybody who makes up names would fill the page
            self._states.count(city, door, at, device=device, left_aside=left_aside, rejected=rejected)

    def turn_away(self, city: str, door: str, why: str) -> None:
        """Count a message that was not even read."""
        self.note(city, door, self._clock.now(), rejected=why)

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
    return DoorKeeper(registry, clock, Taker(with_own(config.decoder_files), keep), simulation=simulation_of(clock))


def parse_network_topic(mqtt_topic: bytes) -> tuple[str, str, bool] | None:
    """City, door, and whether it is a message of a sensor; None where the topic is no network's."""
    levels = mqtt_topic.split(b"/")
    if len(levels) < 6 or levels[:2] != ROOT or (door := OF_NETWORKS.get(levels[3])) is None:
        return None
    return levels[2].decode(errors="replace"), door, levels[-1] == UP
