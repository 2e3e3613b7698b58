"""What a whole day needs beside the pages: a town with two ways to unload, what its devices send, a crew's phone."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from services.city.registry import Depot, DisposalSite, Registry
from simulators.events import MQTT_ROOT, Outgoing
from tests.support.hand_town import SECOND, hand_town
from tests.support.live_town import CODE, LiveTown
from tests.support.web_browser import enrol

YESTERDAY = datetime(2026, 3, 2, 4, tzinfo=UTC)  # 05:00 in Porto-Novo, half an hour after the town's hour
LANDFILL, QUAY = "decharge-communale", "quai-de-se"
CALLED = "HOU-002"
"""In front of the town hall: emptied yesterday, not due today, and the one a resident calls about."""
EVERY = timedelta(minutes=1)
PACE = 0.02
"""Of the town's clock beside the wall's: a slow machine clicks through a minute of the story in several of its own."""


def whole_day_town() -> Registry:
    """Three trucks that leave from six on, and a quay far off that takes what the landfill takes.

    Both markets open at six for ten minutes, at either end of the town, and a compactor holds four containers or five:
    no truck does it alone, and each begins with its own, the second where it stands at night.
    """
    town = hand_town()
    classes = (
        one.model_copy(update={"capacity_kg": 1_600.0, "fixed_cost": 0.0}) if one.id == "compacteur" else one
        for one in town.truck_classes
    )
    hours = {"window_from": time(6), "window_to": time(6, 10)}
    containers = (
        one.model_copy(update=hours) if one.truck_classes == ("compacteur",) else one for one in town.containers
    )
    at_night = Depot(id="parc-de-se", name="Parc de Sè", lon=1.8262, lat=6.4880)
    shift = {"shift_from": time(6), "shift_to": time(15)}
    trucks = (
        truck.model_copy(update=shift | ({"depot": at_night.id} if truck.id == SECOND else {})) for truck in town.trucks
    )
    quay = DisposalSite(
        id=QUAY, name="Quai de transfert de Sè", lon=1.80, lat=6.47, service_s=600, open_from=time(6),
        open_to=time(18),
    )  # fmt: skip
    return town.model_copy(
        update={
            "depots": (*town.depots, at_night), "trucks": tuple(trucks),
            "disposal_sites": (*town.disposal_sites, quay),
            "truck_classes": tuple(classes), "containers": tuple(containers),
        }
    )  # fmt: skip


def readings_after_emptying(city: str, emptied_at: datetime) -> Iterator[Outgoing]:
    """Of the sensor at the town hall: nearly empty from the emptying until before the next morning's plan."""
    for hours in range(1, 21):
        at = emptied_at + timedelta(hours=hours)
        told = {"happened_at": at.isoformat(), "fill_ratio": 0.03 + hours / 1000}
        yield Outgoing(f"{MQTT_ROOT}/{city}/containers/{CALLED}/reading", json.dumps(told).encode(), at)


def track(city: str, truck: str, visits: Sequence[Mapping[str, Any]], until: datetime) -> Iterator[Outgoing]:
    """What the truck's tracker sends by then: straight from visit to visit, a position a minute."""
    for before, after in pairwise(visit for visit in visits if visit["lon"] is not None):
        leaves, arrives = (datetime.fromisoformat(text) for text in (before["leave_at"], after["arrive_at"]))
        at = leaves
        while at <= min(arrives, until):
            share = (at - leaves) / (arrives - leaves) if arrives > leaves else 0.0
            told = {
                "happened_at": at.isoformat(),
                "lon": before["lon"] + share * (after["lon"] - before["lon"]),
                "lat": before["lat"] + share * (after["lat"] - before["lat"]),
                "speed_kmh": 20,
            }
            yield Outgoing(f"{MQTT_ROOT}/{city}/trucks/{truck}/position", json.dumps(told).encode(), at)
            at += EVERY


class CrewsPhone:
    """A truck's phone, in its own browser: what its crew says is said by its buttons."""

    def __init__(self, page: Page, town: LiveTown, truck: str) -> None:
        self.page, self.truck = page, truck
        self._town = town
        enrol(page, town.url, truck)
        page.goto(f"{town.url}/connexion?suite=/chauffeur")
        page.fill("[name=login]", truck)
        page.fill("[name=password]", CODE)
        page.click("button.go")
        page.wait_for_url(lambda url: urlsplit(url).path in {"/chauffeur", "/compte"})
        self.look_again()

    def look_again(self) -> None:
        """As a crew does that takes the phone out of its pocket: with the hour that it is now."""
        self.page.goto(f"{self._town.url}/chauffeur")

    def ahead(self, until: datetime) -> list[dict[str, Any]]:
        """Stops and sites of its circuit that are to be done by then, and of which nothing was said."""
        return [
            visit
            for visit in self.circuit()["visits"]
            if visit["kind"] in {"stop", "disposal"}
            and not visit["confirmed"]
            and datetime.fromisoformat(visit["leave_at"]) <= until
        ]

    def say(self, visit: Mapping[str, Any], reason: str | None = None) -> None:
        """Done, or passed for a reason; the screen shows this visit and no other."""
        self.look_again()
        expect(self.page.locator("#app h1")).to_have_text(visit["name"])
        if reason is None:
            self.page.click("#done")
        else:
            self.page.click("#skip")
            self.page.click(f"#reason-{reason}")
        expect(self.page.locator("#undo")).to_be_visible()

    def circuit(self) -> dict[str, Any]:
        """As the office has it for this truck today."""
        found = self._town.phones[self.truck].find_circuit(self._town.clock.now().date())
        assert found is not None
        return found


def work_until(
    town: LiveTown, phones: Iterable[CrewsPhone], until: datetime, passed: Mapping[str, str] | None = None
) -> list[str]:
    """Every visit that these circuits have by then, each at its hour; where, in order. `passed`: with their reasons."""
    phones = list(phones)
    ahead = [
        (datetime.fromisoformat(v["leave_at"]), n, v) for n, phone in enumerate(phones) for v in phone.ahead(until)
    ]
    for at, n, visit in sorted(ahead, key=lambda one: one[:2]):
        town.clock.run(max(at, town.clock.now()), speed=PACE)
        phones[n].say(visit, (passed or {}).get(visit["place"]))
    for n in {n for _, n, _ in ahead}:
        expect(phones[n].page.locator("#sending")).to_have_text("· tout est envoyé", timeout=30_000)
    town.clock.run(max(until, town.clock.now()), speed=PACE)
    return [visit["place"] for _, _, visit in ahead]
