"""Those who send while everything falls: sensors, a device, a phone, an operator, trucks; and a thief who listens."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.chaos.claims import Claims
from tests.chaos.device import Device, now_ms
from tests.chaos.people import Operator, Phone, Visits
from tests.chaos.stage import Stage
from tests.chaos.thief import Thief
from tests.load.ledger import Ledger
from tests.load.messages import Messages
from tests.load.process import Orders, SensorsProcess
from tests.load.sensors import Sensors

CONTAINERS = 200
CONNECTIONS = 100
SPACING_S = 20.0
"""A reading of each container every 20 s of its own past: 1,000 rounds are five and a half hours."""
TWICE_EVERY = 50
ORDER_EVERY_S = 8.0


class Trucks(threading.Thread):
    """Each truck says twice a second where it is."""

    def __init__(self, device: Device, trucks: tuple[str, ...], seed: int) -> None:
        super().__init__(name="trucks", daemon=True)
        self._device, self._trucks = device, trucks
        self._dice = random.Random(seed)
        self._ends = threading.Event()

    def run(self) -> None:
        while not self._ends.wait(0.5):
            for truck in self._trucks:
                self._device.position(truck, now_ms(), 1.86 + self._dice.random() / 100, 6.54)

    def finish(self) -> None:
        self._ends.set()
        self.join()


def sensors_plan(city: str, count: int) -> Messages:
    """Readings of the last days up to an hour ago, a little out of order."""
    first_at = datetime.now(UTC) - timedelta(hours=1, seconds=SPACING_S * (count // CONTAINERS + 8))
    return Messages(city, count, CONTAINERS, first_at, SPACING_S, out_of_order=True)


def visits_among(plan: Messages, expected: int) -> Visits:
    """From a day before the first reading to the middle of those that will be sent at least."""
    before = timedelta(days=1)
    span_s = before.total_seconds() + SPACING_S * expected / CONTAINERS / 2
    return Visits(plan.container_ids, plan.first_at - before, span_s)


@dataclass
class Crew:
    """Who sends, and what was promised to them."""

    sensors: SensorsProcess
    device: Device
    phone: Phone
    operator: Operator
    trucks: Trucks
    thief: Thief | None
    claims: Claims
    bursts: list[tuple[Sensors, threading.Thread]] = field(default_factory=list)

    def start_burst(self, stage: Stage, messages: int) -> None:
        """Many messages at once, from other sockets: each burst of a day of its own, further back."""
        first_at = self.sensors.plan.first_at - timedelta(days=1 + len(self.bursts))
        plan = Messages(stage.town.city, messages, CONTAINERS, first_at, SPACING_S)
        address = (stage.stack.mqtt_host, stage.stack.mqtt_port)
        login = _login(stage)
        sensors = Sensors(
            *address,
            plan,
            connections=20,
            window=100,
            name=f"burst-{len(self.bursts)}",
            credentials=(lambda _number: login) if login else None,
        )
        thread = threading.Thread(target=sensors.run, name="burst", daemon=True)
        self.bursts.append((sensors, thread))
        thread.start()

    def sent(self) -> list[tuple[Messages, Ledger]]:
        """What the sensors sent, with what was acknowledged."""
        return [
            (self.sensors.plan, self.sensors.ledger),
            *((sensors.plan, sensors.ledger) for sensors, _ in self.bursts),
        ]

    def acknowledged(self) -> int:
        return sum(ledger.count_acknowledged() for _, ledger in self.sent()) + len(self.claims)

    def finish(self, patience_s: float) -> list[str]:
        """Everybody stops and gets rid of what is left; what could not be got rid of."""
        self.trucks.finish()
        if self.thief is not None:
            self.thief.finish()
        self.sensors.stop()
        self.operator.finish(patience_s)
        left = {
            "reports of the phone": self.phone.finish(patience_s),
            "messages of the device": self.device.settle(patience_s),
        }
        self.sensors.wait(patience_s)
        for sensors, thread in self.bursts:
            thread.join(patience_s)
            left[f"messages of burst of {sensors.plan.first_at:%d}"] = sensors.plan.count - sensors.acknowledged
        found = [f"{count} {what} were never accepted" for what, count in left.items() if count]
        failures = [("phone", self.phone.failure), ("operator", self.operator.failure)]
        return found + [f"the {who} failed: {failure!r}" for who, failure in failures if failure]


def _login(stage: Stage) -> tuple[str, str] | None:
    """User name and password of whoever speaks for devices."""
    return (stage.logins.devices.username, stage.logins.devices.password) if stage.logins else None


@contextmanager
def crew_at_work(
    stage: Stage, seed: int, plan: Messages, expected: int, rate_per_s: float, folder: Path
) -> Iterator[Crew]:
    """Everybody sends, until told to finish; the sensors have a plan for longer than the `expected` messages."""
    claims, town, stack = Claims(), stage.town, stage.stack
    logins = stage.logins
    device = Device(stack, town.city, claims, logins.devices if logins else None)
    phone = Phone(stage.web_url, town, visits_among(plan, expected), claims, seed)
    operator = Operator(stage.web_url, town, claims, ORDER_EVERY_S)
    trucks = Trucks(device, town.trucks, seed)
    thief = Thief(stack, logins.stolen) if logins else None
    orders = Orders(
        stack.mqtt_host,
        stack.mqtt_port,
        plan,
        folder / "sensors.ledger",
        connections=CONNECTIONS,
        twice_every=TWICE_EVERY,
        rate_per_s=rate_per_s,
        login=_login(stage),
    )
    with SensorsProcess(orders) as sensors:
        for thread in (phone, operator, trucks, *([thief] if thief else [])):
            thread.start()
        try:
            yield Crew(sensors, device, phone, operator, trucks, thief, claims)
        finally:
            device.close()
