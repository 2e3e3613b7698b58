"""One whole day through the pages, every service a process of its own: from five until it is played again.

Yesterday one container of twelve was emptied. In the morning the track to the landfill is cut and somebody calls from
the town hall; then a truck breaks down; in the evening it is said what was done and what comes tomorrow.
"""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from infra.stack.stack import Stack
from services.contracts.planning import PlanMade
from simulators.mqtt import Publisher
from tests.support.hand_town import FIRST, SECOND, TIPPER, order_of
from tests.support.live_town import PASSWORD, LiveTown, eventually, live_town
from tests.support.web_browser import Watched
from tests.support.whole_day import (
    CALLED,
    LANDFILL,
    PACE,
    QUAY,
    YESTERDAY,
    CrewsPhone,
    readings_after_emptying,
    track,
    whole_day_town,
    work_until,
)

pytestmark = pytest.mark.slow

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
SERVICES = ("bridge", "writer", "planner", "ledger", "web")
DAY = date(2026, 3, 3)
TRUCKS = (FIRST, SECOND, TIPPER)


def at(hour: int, minute: int = 0) -> datetime:
    """By the town's clock, an hour ahead of UTC."""
    return datetime(2026, 3, 3, hour - 1, minute, tzinfo=UTC)


@pytest.fixture
def town(fresh_stack: Stack, tmp_path: Path) -> Iterator[LiveTown]:
    with live_town(fresh_stack, whole_day_town(), tmp_path, SERVICES, begins=YESTERDAY) as running:
        yield running


@pytest.fixture
def devices(fresh_stack: Stack, town: LiveTown) -> Iterator[Publisher]:
    del town  # its bridge has subscribed
    with Publisher(fresh_stack.mqtt_host, fresh_stack.mqtt_port) as publisher:
        yield publisher


def test_operator_lives_a_whole_day(town: LiveTown, devices: Publisher, open_context: Open, shoot: Shoot) -> None:
    """Plan, doubt, closed site, one-off stop, sent, driven, broken down, sent again, told, played again, tomorrow."""
    yesterday_is_driven(town, devices)
    town.clock.run(at(5), speed=PACE)
    page = open_context(1366, 768).new_page()
    watched = Watched(page, town.url)
    Day(town, devices, page, open_context, shoot).lives()
    assert watched.errors == []
    assert watched.foreign == []


def yesterday_is_driven(town: LiveTown, devices: Publisher) -> None:
    """By programs: planned by the town's own morning, sent; a crew empties the container at the town hall, no more."""
    plan = planned_by_itself(town, date(2026, 3, 2))
    assert town.office.post("/api/v1/dispatches", json={"plan_id": str(plan.plan_id)}).status_code == 202
    truck, stop = next((c.truck, s) for c in plan.circuits for s in c.stops if s.place == CALLED)
    town.clock.run(stop.leave_at, speed=PACE)
    report = {
        "id": "5f9ab6d2-4f53-4c0e-8a06-0c5a8d5c1f11", "plan_id": str(plan.plan_id), "kind": "stop", "place": CALLED,
        "outcome": "done", "happened_at": stop.leave_at.isoformat(),
    }  # fmt: skip
    town.phones[truck].send([report])
    eventually(lambda: bool(known_of(town)["last_emptied_at"]), "yesterday's word is not stored")
    town.clock.run(at(4, 20), speed=PACE)
    devices.publish_all(readings_after_emptying("houeyogbe", stop.leave_at))
    eventually(lambda: bool(known_of(town)["fill_at"]), "the night's readings are not stored")


def known_of(town: LiveTown) -> dict[str, str]:
    """Of the container at the town hall."""
    rows = csv.DictReader(town.office.get("/api/v1/containers.csv").text.splitlines())
    return next(row for row in rows if row["container"] == CALLED)


def planned_by_itself(town: LiveTown, day: date) -> PlanMade:
    def find() -> Any:
        return town.office.get("/api/v1/state", params={"day": day.isoformat()}).json()["plan"]

    eventually(lambda: find() is not None, f"no plan of {day} came by itself")
    return plan_of(town, find()["plan_id"])


def plan_of(town: LiveTown, plan_id: str) -> PlanMade:
    return PlanMade.model_validate(town.office.get(f"/api/v1/plans/{plan_id}").json())


class Day:
    """The operator's page and the crews' phones, hour by hour."""

    def __init__(self, town: LiveTown, devices: Publisher, page: Page, open_context: Open, shoot: Shoot) -> None:
        self.town, self.devices, self.page = town, devices, page
        self._open, self._shoot = open_context, shoot
        self.phones: dict[str, CrewsPhone] = {}
        self.broken, self.heir = SECOND, FIRST

    def lives(self) -> None:
        self.comes_in_and_finds_the_plan()
        self.looks_at_a_doubt()
        self.closes_the_landfill()
        self.solves_the_rest_anew()
        self.puts_the_call_where_it_is_cheapest()
        self.sends()
        self.crews_open_their_phones()
        passed = self.crews_work_until_the_breakdown()
        self.sees_to_the_stop_that_was_passed()
        self.truck_breaks_down()
        self.sends_what_the_others_take_over()
        self.crews_work_until_they_are_home()
        self.reads_the_end_of_the_day(passed)
        self.plays_the_day_again()
        self.plans_tomorrow(passed)

    @property
    def plan(self) -> PlanMade:
        """The one that the page shows."""
        return plan_of(self.town, self.page.locator("#bar").get_attribute("data-plan") or "")

    def shoot(self, name: str) -> None:
        self._shoot(self.page, f"whole-day-{name}")

    def comes_in_and_finds_the_plan(self) -> None:
        """05:00: the town's morning has planned by itself, or does while the page is open."""
        page = self.page
        page.goto(f"{self.town.url}/connexion")
        page.fill("[name=login]", "awa")
        page.fill("[name=password]", PASSWORD)
        page.click("button.go")
        page.wait_for_load_state()
        page.goto(f"{self.town.url}/operateur")
        expect(page.locator("tbody[data-circuit]").first).to_be_attached(timeout=60_000)
        expect(page.locator("#clock")).to_have_text(re.compile(r"0?5:0\d"))
        page.wait_for_selector("#map[data-live]", timeout=60_000)
        assert CALLED not in served(self.plan)
        assert len(served(self.plan)) == 11
        self.shoot("05-00")

    def looks_at_a_doubt(self) -> None:
        """What yesterday left is there, and opens in the list and on the map, by keyboard."""
        page = self.page
        page.click(".tabs a[href='#doubts']")
        left = page.locator("#doubts .yesterday li[data-container]").first
        expect(left).to_contain_text("Repris dans ce plan")
        left.focus()
        page.keyboard.press("Enter")
        expect(left).to_have_class("chosen")
        expect(page.locator("#map-note")).to_be_visible()
        page.keyboard.press("Escape")

    def closes_the_landfill(self) -> None:
        """For the whole day: all go to the quay, which is dearer, and the page says by how much."""
        page = self.page
        assert self.sites() >= {LANDFILL}
        page.click(".tabs a[href='#circuits']")
        page.click("text=Fermer un site")
        site = page.locator("dialog section.site", has_text="Décharge communale")
        site.get_by_label("Motif").fill("piste coupée par la pluie")
        site.get_by_role("button", name="Fermer Décharge communale").click()
        expect(page.locator("dialog")).not_to_be_visible()
        expect(page.locator("#pending-title")).to_have_text("1 changement, pas encore envoyé")
        expect(page.locator(".pending .told b")).to_contain_text("+")
        expect(page.locator(".pending .last")).to_contain_text("piste coupée par la pluie")
        assert LANDFILL not in self.sites()
        assert QUAY in self.sites()

    def sites(self) -> set[str | None]:
        return {visit.place for circuit in self.plan.circuits for visit in circuit.visits if visit.kind == "disposal"}

    def solves_the_rest_anew(self) -> None:
        """Around what is settled: the landfill stays closed."""
        before = self.plan
        self.page.click("text=Recalculer autour")
        self.planned_anew(before)
        assert LANDFILL not in self.sites()
        assert self.plan.cost <= before.cost

    def planned_anew(self, before: PlanMade) -> None:
        """Wait until the page shows another plan than before."""
        bar = self.page.locator("#bar")
        expect(bar).not_to_have_attribute("data-plan", str(before.plan_id), timeout=60_000)
        expect(bar).to_have_attribute("data-request", "", timeout=60_000)

    def puts_the_call_where_it_is_cheapest(self) -> None:
        """Somebody calls from the town hall: found by name, priced on each truck, put on the first; undone, redone."""
        page = self.page
        page.click("text=Ajouter un arrêt")
        page.locator("dialog [name=q]").fill("mairie")
        page.keyboard.press("Enter")
        page.locator("dialog .found a", has_text="Mairie").click()
        expect(page.locator("#where-title")).to_have_text("Où le mettre ?")
        offers = page.locator("dialog .places tbody tr")
        self.shoot("call")
        prices = [francs(row) for row in offers.all() if "breaks" not in (row.get_attribute("class") or "")]
        assert len(prices) >= 2
        assert prices == sorted(prices)
        button = offers.first.get_by_role("button")
        truck = (button.get_attribute("aria-label") or "").rpartition(" sur ")[2]
        button.click()
        expect(page.locator("#pending-title")).to_have_text("3 changements, pas encore envoyés")
        assert CALLED in served(self.plan)
        added = next(circuit.truck for circuit in self.plan.circuits if CALLED in {s.place for s in circuit.stops})
        assert added == truck
        page.keyboard.press("Control+z")
        expect(page.locator(f"#circuits li[data-container='{CALLED}']")).to_have_count(0)
        page.keyboard.press("Control+y")
        expect(page.locator(f"#circuits li[data-container='{CALLED}']")).to_have_count(1)
        expect(page.locator(f"#circuits li[data-container='{CALLED}'] .changed")).to_contain_text("ajouté")

    def sends(self) -> None:
        """After a look at what will be sent, and by whom it was changed."""
        page = self.page
        page.click("text=Envoyer aux chauffeurs")
        expect(page.locator("main")).to_contain_text("3 changements à la main, par awa")
        self.shoot("look")
        page.click("text=Envoyer maintenant")
        expect(page.locator(".sent")).to_contain_text(re.compile(r"Envoyé à (\d) camions? sur \1"))

    def crews_open_their_phones(self) -> None:
        for circuit in self.plan.circuits:
            phone = CrewsPhone(self._open(360, 740).new_page(), self.town, circuit.truck)
            expect(phone.page.locator("#count")).to_have_text(re.compile(r"0 sur \d+"))
            self.phones[circuit.truck] = phone

    def crews_work_until_the_breakdown(self) -> str:
        """The last stop that the heir's crew reaches by then cannot be emptied; the page hears of all by itself.

        Each has been at its market by then: nobody else would come to it before it closes. The compactor that has more
        to do breaks down, for how many containers the search gives to each is not ours to say.
        """
        self.heir, self.broken = sorted((FIRST, SECOND), key=lambda truck: len(self.circuit_of(truck).stops))
        self.broke_at = max(self.leaves_market_at(truck) for truck in (FIRST, SECOND)) + timedelta(minutes=1)
        passed = [stop.place for stop in self.circuit_of(self.heir).stops if stop.leave_at <= self.broke_at][-1]
        work_until(self.town, self.phones.values(), self.broke_at, {passed: "blocked"})
        self.trackers_tell(self.broke_at)
        for circuit in self.plan.circuits:
            handled = sum(stop.leave_at <= self.broke_at for stop in circuit.stops)
            expect(self.page.locator(f"[data-handled='{circuit.number}']")).to_have_text(str(handled), timeout=15_000)
        return str(passed)

    def leaves_market_at(self, truck: str) -> datetime:
        markets = {container.id for container in whole_day_town().containers if container.window_from is not None}
        stops = self.circuit_of(truck).stops
        left: datetime = next((stop.leave_at for stop in stops if stop.place in markets), stops[0].leave_at)
        return left

    @property
    def others(self) -> list[str]:
        """Who is still driving once one has broken down."""
        return [truck for truck in TRUCKS if truck != self.broken]

    def trackers_tell(self, until: datetime) -> None:
        tracks = (track("houeyogbe", truck, phone.circuit()["visits"], until) for truck, phone in self.phones.items())
        self.devices.publish_all(chain.from_iterable(tracks))

    def sees_to_the_stop_that_was_passed(self) -> None:
        """An alert with its reason until somebody has seen to it; the ladder has every truck."""
        page = self.page
        alert = page.locator(".notice.alert", has_text="Accès bloqué")
        expect(alert).to_be_visible(timeout=15_000)
        alert.get_by_role("button").click()
        expect(alert).to_have_count(0)
        page.click(".tabs a[href='#ladder']")
        expect(page.locator("#ladder .ladder li[data-of-circuit]")).to_have_count(len(self.plan.circuits))
        expect(page.locator("#ladder")).to_contain_text("accès bloqué")
        self.shoot("ladder")

    def truck_breaks_down(self) -> None:
        """One gesture at its circuit: what it had left is offered to the others, and nothing is sent by itself."""
        page, before = self.page, self.plan
        self.left_over = [stop.place for stop in self.circuit_of(self.broken).stops if stop.leave_at > self.now]
        assert self.left_over
        page.click(".tabs a[href='#circuits']")
        number = self.circuit_of(self.broken).number
        page.click(f"[data-open='{number}']")
        page.click(f"text=Changer le circuit {number}")
        page.locator("dialog").get_by_role("button", name=f"{self.broken} est en panne").click()
        offer = page.locator(".offers a").first
        expect(offer).to_be_visible(timeout=60_000)
        assert str(before.plan_id) == page.locator("#bar").get_attribute("data-plan")
        expect(page.locator(".offers li").first).to_contain_text("km")
        self.shoot("breakdown")
        offer.click()
        expect(page.locator("#list")).to_contain_text(f"{self.broken} n'a plus de bac à vider")

    def circuit_of(self, truck: str) -> Any:
        return next(circuit for circuit in self.plan.circuits if circuit.truck == truck)

    @property
    def now(self) -> datetime:
        return self.town.clock.now()

    def sends_what_the_others_take_over(self) -> None:
        """Every stop it had left is on another truck; the crews are told on their phones."""
        page, plan = self.page, self.plan
        assert {*self.left_over} <= {place for truck in self.others for place in order_of(plan, truck)}
        assert CALLED in served(plan)
        assert LANDFILL not in {v.place for c in plan.circuits for v in c.visits if v.leave_at > self.now}
        page.click("text=Envoyer aux chauffeurs")
        expect(page.get_by_role("alert").first).to_contain_text(f"{self.broken} n'aura plus de bac à vider")
        page.click("text=Envoyer maintenant")
        expect(page.locator(".sent")).to_be_visible()
        broken, heir = self.phones[self.broken], self.phones[self.heir]
        broken.look_again()
        expect(broken.page.locator("#app")).to_contain_text("Circuit arrêté : d'autres prennent vos bacs.")
        heir.look_again()
        expect(heir.page.locator("#count")).to_have_text(re.compile(rf"\d+ sur {self.visits_of(self.heir)}"))

    def visits_of(self, truck: str) -> int:
        return sum(visit.kind in {"stop", "disposal"} for visit in self.circuit_of(truck).visits)

    def crews_work_until_they_are_home(self) -> None:
        driving = [self.phones[truck] for truck in self.others if truck in self.phones]
        work_until(self.town, driving, at(18))
        self.trackers_tell(at(18))
        for phone in driving:
            expect(phone.page.locator("#count")).to_have_text(re.compile(r"(\d+) sur \1"))

    def reads_the_end_of_the_day(self, passed: str) -> None:
        """What was done, what was not and why, and the litres once they are counted."""
        page = self.page
        page.goto(f"{self.town.url}/operateur/bilan?jour={DAY}")
        stops = len(served(self.sent_plan()) | {passed})
        expect(page.locator("h1")).to_contain_text(f"{stops - 1} arrêts faits sur {stops}")
        rows = page.locator(".not-done tbody tr")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("accès bloqué")
        expect(rows.first.locator("th a")).to_have_attribute("href", f"/bacs/{passed}")
        eventually(self.is_counted, "the ledger has not counted the day")
        self.shoot("sheet")

    def is_counted(self) -> bool:
        self.page.reload()
        return "brûlés sur" in self.page.inner_text("main")

    def sent_plan(self) -> PlanMade:
        state = self.town.office.get("/api/v1/state", params={"day": DAY.isoformat()}).json()
        return plan_of(self.town, state["dispatched_plan_id"])

    def plays_the_day_again(self) -> None:
        """A minute before the breakdown the map has the trucks where they were, and the last word is of that hour."""
        page = self.page
        page.goto(f"{self.town.url}/operateur?jour={DAY}#circuits")
        page.wait_for_selector("#map[data-live]", timeout=60_000)
        page.click("#replay")
        expect(page.locator("#played-words")).to_have_text("Rien n'a encore été dit.")
        told = self.town.office.get("/api/v1/playback", params={"day": DAY.isoformat()}).json()
        assert {row["truck"] for row in told["tracks"]} == {*self.phones}
        wanted = self.broke_at - timedelta(seconds=30)
        since = datetime.fromisoformat(told["since"])
        second = 5 * round((wanted - since) / timedelta(seconds=5))  # the slider's step
        page.locator("#instant").fill(str(second))
        expect(page.locator("#played-at")).to_have_text(f"{since + timedelta(hours=1, seconds=second):%H:%M}")
        last = [word for word in told["words"] if word["at_s"] <= second][-1]
        expect(page.locator("#played-words")).to_contain_text(f"{last['truck']} · {last['name']}")
        self.shoot("playback")
        page.click("#stop-playback")

    def plans_tomorrow(self, passed: str) -> None:
        """The container that could not be reached is in tomorrow's plan, and today's sheet says in which circuit."""
        page = self.page
        page.goto(f"{self.town.url}/operateur?jour={DAY + timedelta(days=1)}")
        page.click("text=Planifier la journée")
        expect(page.locator("tbody[data-circuit]").first).to_be_attached(timeout=60_000)
        tomorrow = next(c.number for c in self.plan.circuits if passed in {stop.place for stop in c.stops})
        page.goto(f"{self.town.url}/operateur/bilan?jour={DAY}")
        expect(page.locator(".not-done tbody tr").first).to_contain_text(f"circuit {tomorrow}")


def served(plan: PlanMade) -> set[str | None]:
    return {stop.place for circuit in plan.circuits for stop in circuit.stops}


def francs(row: Locator) -> int:
    """The price of an offer, in whole francs."""
    return int(re.sub(r"[^\d−-]", "", row.locator("td").nth(2).inner_text()).replace("−", "-") or 0)
