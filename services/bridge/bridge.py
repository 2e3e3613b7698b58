"""The bridge: arrivals, events, Kafka, acknowledgements."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from threading import Event as Signal
from threading import Lock
from typing import NamedTuple, Protocol

from services.bridge.intake import Event, Find, Keep, Moment, take_in
from services.bridge.percent import PercentSensors
from services.bridge.rates import USUAL_A_MINUTE, Rates
from services.clock import Clock
from services.contracts import topics
from services.contracts.devices import DeviceTopic, parse_device_topic, trace_of_value
from services.contracts.trace import is_followed
from services.edges.doorkeeper import DoorKeeper, parse_network_topic
from services.edges.mending import LeftAside
from services.edges.notes import DeviceNotes, Note
from services.edges.taking import Made
from services.errors import StreamAway
from services.operations.meters import BridgeMeter
from services.stream.mqtt import Arrival

log = logging.getLogger(__name__)

OURS = "ours"
"""The door of devices that speak as docs/devices.md says of our own."""


class Delivery(Protocol):
    """What became of an event that was handed to Kafka."""

    @property
    def is_done(self) -> bool: ...
    @property
    def exception(self) -> BaseException | None: ...


class Sends(Protocol):
    """What the bridge asks of Kafka."""

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery: ...


class AllOf(NamedTuple):
    """What became of several events that are one message: of no events, that it is done."""

    deliveries: Sequence[Delivery]

    @property
    def is_done(self) -> bool:
        for delivery in self.deliveries:  # noqa: SIM110  # twice as fast as `all` over the two of an uplink
            if not delivery.is_done:
                return False
        return True

    @property
    def exception(self) -> BaseException | None:
        for delivery in self.deliveries:
            if delivery.exception is not None:
                return delivery.exception
        return None


class Acknowledges(Protocol):
    """What the bridge asks of MQTT."""

    def __call__(self, message_ids: Iterable[int], /) -> None: ...


class Several(NamedTuple):
    """The events that one message of a network became."""

    events: Sequence[Made]


class OnItsWay(NamedTuple):
    """A message between arrival and acknowledgement."""

    message_id: int
    event: "Event | Several"
    delivery: Delivery | None
    """None: Kafka did not even take it for sending."""


class Bridge:
    """Holds nothing but what is on its way; whatever dies, the MQTT broker still has it.

    `on_arrivals` and `on_connection_lost` belong to the MQTT thread, `settle` to the main one.
    """

    def __init__(
        self,
        producer: Sends,
        clock: Clock,
        find: Find,
        acknowledge: Acknowledges,
        *,
        keep: Keep,
        meter: BridgeMeter | None = None,
        doorkeeper: DoorKeeper | None = None,
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._find = find
        self._acknowledge = acknowledge
        self._keep = keep
        self._doorkeeper = doorkeeper
        self._on_their_way: deque[OnItsWay] = deque()
        self._lock = Lock()
        self._percent = PercentSensors()
        self._notes = DeviceNotes()
        self._rates = Rates()
        self.has_work = Signal()
        self.meter = meter or BridgeMeter()
        self.meter.on_their_way = lambda: self.on_their_way

    def on_arrivals(self, arrivals: Iterable[Arrival]) -> None:
        """Called by MQTT with what has come, in order."""
        moment = Moment(self._clock.now(), self._keep)
        taken = [self._take(arrival, moment) for arrival in arrivals]
        with self._lock:
            self._on_their_way.extend(taken)
        self.has_work.set()

    def _take(self, arrival: Arrival, moment: Moment) -> OnItsWay:
        if self._doorkeeper is not None:
            # First: a network is no device, and each unknown device has the registry read anew.
            place = parse_network_topic(arrival.topic)
            if place is not None:
                return self._take_from_network(arrival, self._doorkeeper, *place)
        device = self._find(arrival.topic)
        event = take_in(arrival.topic, arrival.payload, moment=moment, find=self._find, percent=self._percent)
        self.meter.taken[event.topic] += 1
        if self._rates.is_flood(arrival.topic, moment.now):
            self._tell_flood(arrival.topic, moment)
        if event.notes:
            self._notes.add(event.notes, moment.now)
            self.meter.noted += 1
        if event.reason is not None:
            self.meter.rejected[event.reason] += 1
        if self._doorkeeper is not None:
            _note(self._doorkeeper, device.topic if device else _named_by(arrival.topic), event, moment)
        if is_followed(event.value):
            log.info("took %s", event.topic, extra={"trace": trace_of_value(event.value)})
        return OnItsWay(arrival.message_id, event, self._send(event))

    def _take_from_network(
        self, arrival: Arrival, doorkeeper: DoorKeeper, city: str, door: str, is_up: bool
    ) -> OnItsWay:
        """One message of a network is several events, or none."""
        events = doorkeeper.take(city, door, arrival.payload).events if is_up else ()
        for event in events:
            self.meter.taken[event.topic] += 1
        several = Several(events)
        return OnItsWay(arrival.message_id, several, self._send(several))

    def _tell_flood(self, mqtt_topic: bytes, moment: Moment) -> None:
        self.meter.floods += 1
        device = self._find(mqtt_topic)
        if device is not None:
            told = f"over {USUAL_A_MINUTE} messages in a minute"
            self._notes.add([Note(device.topic, LeftAside("rate", told))], moment.now)
        log.warning("over %d messages in a minute on %r", USUAL_A_MINUTE, mqtt_topic[:200])

    def on_connection_lost(self) -> None:
        """The broker will deliver the unacknowledged again: what is on its way goes on, but has nobody to tell."""
        with self._lock:
            self._on_their_way.clear()

    @property
    def on_their_way(self) -> int:
        """Messages that are not acknowledged yet."""
        return len(self._on_their_way)

    def settle(self) -> int:
        """Acknowledge what is safe, up to the first that is not; how many.

        Only a finished head is acknowledged: MQTT 3.1.1, section 4.6, asks for acknowledgements in the order the
        messages came, Kafka confirms in any order over its partitions, and a broker may drop a client that breaks
        the order and deliver the same messages for ever.
        """
        with self._lock:
            safe: list[int] = []
            waiting = self._on_their_way
            while waiting and _is_safe(waiting[0].delivery):
                safe.append(waiting.popleft().message_id)
            if safe:
                self._acknowledge(safe)
                self.meter.confirmed += len(safe)
            if not waiting:
                self.has_work.clear()
        return len(safe)

    def retry(self) -> int:
        """Send again, in its place, what Kafka did not take; how many."""
        with self._lock:
            failed = [n for n, message in enumerate(self._on_their_way) if _has_failed(message.delivery)]
            if failed:
                first = self._on_their_way[failed[0]].delivery
                log.warning("%d messages are sent again: %s", len(failed), (first and first.exception) or "no Kafka")
            for n in failed:
                message = self._on_their_way[n]
                self._on_their_way[n] = message._replace(delivery=self._send(message.event))
        self.meter.sent_again += len(failed)
        return len(failed)

    def tell_notes(self) -> None:
        """Send what was noted of devices since this was last called. What Kafka does not take is counted as untold."""
        for note in self._notes.take():
            topic, note_key = topics.DEVICE_NOTES, topics.key(note.city, note.device)
            if self._send(Event(topic, note_key, note.to_bytes())) is None:
                self.meter.untold_notes += 1
        self.meter.untold_notes += self._notes.take_untold()
        if self._doorkeeper is not None:
            self._doorkeeper.tell(lambda made: self._send(Event(*made)))

    def _send(self, event: Event | Several) -> Delivery | None:
        try:
            if isinstance(event, Several):
                send = self._producer.send
                return AllOf([send(topic, key, value) for topic, key, value in event.events])
            return self._producer.send(event.topic, event.key, event.value)
        except StreamAway:
            return None


def _named_by(mqtt_topic: bytes) -> DeviceTopic | None:
    return parse_device_topic(mqtt_topic.decode(errors="replace"))


def _note(doorkeeper: DoorKeeper, device: DeviceTopic | None, event: Event, moment: Moment) -> None:
    """Have our own devices' door told of as those of networks are."""
    if device is not None:
        name, about = device.device, event.notes[0].about if event.notes else None
        left_aside = f"{name} · {about.field}: {about.told}" if about else None
        rejected = f"{name} · {event.detail}" if event.reason else None
        doorkeeper.note(device.city, OURS, moment.now, device=name, left_aside=left_aside, rejected=rejected)


def _is_safe(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.is_done and delivery.exception is None


def _has_failed(delivery: Delivery | None) -> bool:
    return delivery is None or (delivery.is_done and delivery.exception is not None)
