"""What can befall the city's servers: a table of small classes. Each is struck, lasts, and is healed."""

import json
import random
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

from kafka import KafkaProducer

from infra.stack.server import Server
from infra.stack.stack import Stack
from services.contracts import topics
from services.contracts.telemetry import MAX_PAYLOAD_BYTES
from tests.chaos.city import ODD, Town
from tests.chaos.claims import Claim, Claims
from tests.chaos.device import Device, now_ms
from tests.chaos.disk import LimitedDisk
from tests.chaos.people import Phone
from tests.chaos.schedule import SERVERS, SERVICES
from tests.chaos.supervisor import Supervisor


@dataclass
class Scene:
    """All that a fault can lay hands on."""

    stack: Stack
    town: Town
    supervisor: Supervisor
    device: Device
    phone: Phone
    claims: Claims
    disk: LimitedDisk | None
    second: Callable[[str], Server]
    """Another process of a service, not started."""
    burst: Callable[[], None]
    """Many messages as fast as the broker takes them."""
    dice: random.Random


class Fault(Protocol):
    """Something that happens and passes."""

    @abstractmethod
    def strike(self, scene: Scene) -> None: ...
    @abstractmethod
    def heal(self, scene: Scene) -> None: ...


@dataclass(frozen=True)
class Kill:
    """kill -9; healed by a new start."""

    name: str

    def strike(self, scene: Scene) -> None:
        scene.supervisor.kill(self.name)

    def heal(self, scene: Scene) -> None:
        scene.supervisor.bring_back(self.name)


@dataclass(frozen=True)
class Hold:
    """SIGSTOP to it and all it has forked: connections stay open, nothing is answered."""

    name: str

    def strike(self, scene: Scene) -> None:
        scene.supervisor.server(self.name).pause()

    def heal(self, scene: Scene) -> None:
        scene.supervisor.server(self.name).resume()


class DiskFull:
    """Not a byte left for the database; healed by room."""

    def strike(self, scene: Scene) -> None:
        assert scene.disk is not None
        scene.disk.fill()

    def heal(self, scene: Scene) -> None:
        assert scene.disk is not None
        scene.disk.free()


class RebalanceWriters:
    """A second writer joins its group amid a burst, and leaves it: politely or not."""

    def strike(self, scene: Scene) -> None:
        scene.supervisor.add("writer-2", scene.second("writer"))
        scene.burst()

    def heal(self, scene: Scene) -> None:
        leave = scene.dice.choice((scene.supervisor.kill, scene.supervisor.stop_politely))
        leave("writer-2")


class RebalanceBridges:
    """A second bridge joins the shared subscription amid a burst, leaves politely and comes back.

    It stays until the end: what the broker holds for its session is nobody else's.
    """

    def strike(self, scene: Scene) -> None:
        if "bridge-2" not in scene.supervisor.names():
            scene.supervisor.add("bridge-2", scene.second("bridge"))
        scene.burst()

    def heal(self, scene: Scene) -> None:
        scene.supervisor.stop_politely("bridge-2")
        scene.burst()
        scene.supervisor.bring_back("bridge-2")


class Moment(Fault):
    """A fault that is over as soon as it has happened."""

    def heal(self, scene: Scene) -> None:
        """Nothing lasts."""


class PoisonKafka(Moment):
    """Records that nobody can read, straight into Kafka; and one that only the store can refuse."""

    def strike(self, scene: Scene) -> None:
        unreadable = (b"\x00\xff garbage %d" % scene.dice.getrandbits(64), json.dumps({"container": "L\0"}).encode())
        producer = KafkaProducer(bootstrap_servers=scene.stack.kafka, acks="all", client_id="chaos-poison")
        for topic, value in [*((topics.READINGS, v) for v in unreadable), (topics.CONFIRMATIONS, _nul_name(scene))]:
            sent = producer.send(topic, value).get(timeout=20)
            place = f"kafka:{topic}/{sent.partition}/{sent.offset}"
            scene.claims.add([Claim("rejected", (place, value, "unreadable_record"))])
        producer.send(topics.ORDERS, b"not an order").get(timeout=20)  # the planner leaves it aside, and lives
        producer.close()


def _nul_name(scene: Scene) -> bytes:
    """A confirmation that the contract takes and PostgreSQL cannot: a text with a NUL."""
    body = {
        "id": str(uuid4()), "plan_id": str(uuid4()), "kind": "stop", "place": ODD, "outcome": "done",
        "happened_at": now_ms().isoformat(), "received_at": now_ms().isoformat(), "city": scene.town.city,
        "truck": scene.town.trucks[0], "driver": "nul\0",
    }  # fmt: skip
    return json.dumps(body).encode()


class PoisonMqtt(Moment):
    """What a broken or hostile device sends."""

    def strike(self, scene: Scene) -> None:
        base, mark = f"tournee/v1/{scene.town.city}", b"%016x" % scene.dice.getrandbits(64)
        device, reading = scene.device, f"{base}/containers/{ODD}/reading"
        device.bad(reading, b"{not json " + mark, "malformed")
        device.bad(reading, b"\x00\x00\xff" + mark, "malformed")
        device.bad(reading, b'{"happened_at":"2026-01-01T00:00:00Z","fill_ratio":1.3,"m":"%s"}' % mark, "malformed")
        device.bad(reading, b'{"happened_at":"1970-01-01T00:00:07Z","fill_ratio":0.3,"m":"%s"}' % mark, "too_old")
        device.bad(reading, mark + b"x" * (MAX_PAYLOAD_BYTES + 1000), "oversized")
        device.bad(f"{base}/containers/NOBODY/reading", mark, "unknown_device")
        device.bad(f"{base}/elsewhere", mark, "unknown_topic")


class Duplicates(Moment):
    """The same message twice, as from a device that did not hear its acknowledgement."""

    def strike(self, scene: Scene) -> None:
        first = now_ms() - timedelta(hours=3, seconds=scene.dice.randrange(3000))
        for n in range(50):
            for _ in range(2):
                scene.device.reading(ODD, first + timedelta(milliseconds=n), 0.25)


class Late(Moment):
    """Three weeks late and backwards, as from a device that was without a network."""

    def strike(self, scene: Scene) -> None:
        first = now_ms() - timedelta(days=21, seconds=scene.dice.randrange(80_000))
        for n in reversed(range(50)):
            scene.device.reading(ODD, first + timedelta(seconds=n), 0.75)


@dataclass(frozen=True)
class Clock(Moment):
    """A device whose clock is off: ahead, it is refused with the reason; behind, it is only late."""

    off: timedelta
    refused: str | None

    def strike(self, scene: Scene) -> None:
        for n in range(5):
            at = now_ms() + self.off + timedelta(milliseconds=n)
            scene.device.reading(ODD, at, 0.5, refused=self.refused)


class OutboxTwice(Moment):
    """A phone sends a batch again that was accepted."""

    def strike(self, scene: Scene) -> None:
        scene.phone.send_twice()


FAULTS: dict[str, Fault] = {
    **{f"kill_{name}": Kill(name) for name in (*SERVICES, *SERVERS)},
    **{f"hold_{name}": Hold(name) for name in (*SERVICES, *SERVERS)},
    "disk_full": DiskFull(),
    "rebalance_writers": RebalanceWriters(),
    "rebalance_bridges": RebalanceBridges(),
    "poison_kafka": PoisonKafka(),
    "poison_mqtt": PoisonMqtt(),
    "duplicates": Duplicates(),
    "late": Late(),
    "clock_ahead": Clock(timedelta(days=1), refused="malformed"),
    "clock_behind": Clock(timedelta(days=-1), refused=None),
    "outbox_twice": OutboxTwice(),
}

EMBEDDED_CANNOT = {
    "kill_mqtt": "the embedded MQTT broker keeps nothing over a restart",
    "kill_kafka": "the embedded Kafka may forget its last instant when it is stopped",
    "kill_bridge": "the embedded MQTT broker keeps nothing for a subscriber that is not there",
    "rebalance_writers": "the embedded Kafka never gives away the share of a member that has left",
    "rebalance_bridges": "the embedded MQTT broker keeps nothing for a subscriber that is not there",
}


def cannot_run(stack: Stack, disk: LimitedDisk | str) -> dict[str, str]:
    """Kinds that this stack on this machine cannot take, and why."""
    missing = dict(EMBEDDED_CANNOT) if stack.kind == "embedded" else {}
    if isinstance(disk, str):
        missing["disk_full"] = disk
    return missing
