"""The driver's morning in flight mode: nothing is lost, nothing is sent twice."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page, expect

from infra.stack.stack import Stack
from services.contracts import topics
from services.contracts.confirmations import VisitConfirmed
from services.store.connection import connect
from services.stream.kafka import EventConsumer
from services.web.entry.accounts import end_sessions
from tests.support.web_browser import log_in
from tests.support.web_seed import CITY, DRIVER
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]


def _confirmed(stack: Stack, truck: str, known: Sequence[VisitConfirmed] = ()) -> list[VisitConfirmed]:
    """Everything that Kafka holds of a truck, less what is known: other tests share the stream."""
    consumer = EventConsumer(stack.kafka, group=f"t-{uuid4().hex[:8]}", subscribed=[topics.CONFIRMATIONS], member="r")
    records = [record for _ in range(6) for record in consumer.poll(0.5)]
    consumer.close()
    events = (VisitConfirmed.model_validate_json(record.value) for record in records)
    return [event for event in events if event.truck == truck and event not in known]


def _ready_for_flight(page: Page) -> None:
    page.wait_for_selector("#done")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.match('/chauffeur').then(Boolean)")


def test_offline_morning(web: Running, stack: Stack, open_context: Open, shoot: Callable[..., None]) -> None:
    """Three done and one skipped without a network survive a reload and reach Kafka exactly once, in order."""
    known = _confirmed(stack, DRIVER[0])
    context = open_context(360, 740)
    page = context.new_page()
    log_in(page, web, DRIVER, "/chauffeur")
    _ready_for_flight(page)
    context.set_offline(True)
    for _ in range(3):
        page.click("#done")
        page.wait_for_selector("#undo")
    page.click("#skip")
    shoot(page, "driver-reasons")
    page.click("#reason-blocked")
    expect(page.locator("#count")).to_have_text("4 sur 10")
    expect(page.locator("#sending")).to_have_text("· 4 à envoyer")
    page.reload()
    expect(page.locator("#count")).to_have_text("4 sur 10")
    expect(page.locator("#away")).to_have_text("sans réseau, tout est gardé")
    shoot(page, "driver-offline")
    assert "erreur" not in page.inner_text("body").lower()
    context.set_offline(False)
    expect(page.locator("#sending")).to_have_text("· tout est envoyé", timeout=20_000)
    events = _confirmed(stack, DRIVER[0], known)
    assert [event.outcome for event in events] == ["done", "done", "done", "skipped"]
    assert len({event.id for event in events}) == 4
    assert events[3].reason == "blocked"


def test_undo_takes_a_stop_back(web: Running, stack: Stack, open_context: Open) -> None:
    """A glove that slipped leaves no trace."""
    known = _confirmed(stack, "C-03")
    page = open_context(360, 740).new_page()
    log_in(page, web, ("C-03", DRIVER[1]), "/chauffeur")
    page.wait_for_selector("#done")
    first = page.inner_text("h1")
    page.click("#done")
    page.click("#undo")
    expect(page.locator("h1")).to_have_text(first)
    expect(page.locator("#count")).to_have_text("0 sur 10")
    page.wait_for_timeout(6000)  # longer than the moment in which a stop can be taken back
    assert _confirmed(stack, "C-03", known) == []


def test_expired_session_keeps_the_outbox(
    web: Running, stack: Stack, database_url: str, open_context: Open, shoot: Callable[..., None]
) -> None:
    """The digits are asked again, and what was noted meanwhile is sent."""
    known = _confirmed(stack, "C-02")
    page = open_context(360, 740).new_page()
    log_in(page, web, ("C-02", DRIVER[1]), "/chauffeur")
    page.wait_for_selector("#done")
    with connect(database_url, name="test") as connection:
        end_sessions(connection, CITY, "C-02")
    page.click("#done")
    page.click("#ask-pin", timeout=20_000)
    shoot(page, "driver-digits")
    page.fill("#pin", "0000")
    page.click(".pin button.go")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.fill("#pin", DRIVER[1])
    page.click(".pin button.go")
    expect(page.locator("#sending")).to_have_text("· tout est envoyé", timeout=20_000)
    assert len(_confirmed(stack, "C-02", known)) == 1


def test_logout_leaves_no_circuit_on_the_phone(web: Running, open_context: Open) -> None:
    """Whoever finds the phone, in flight mode too, sees no round; reports that wait stay, for they are the office's."""
    context = open_context(360, 740)
    page = context.new_page()
    log_in(page, web, ("C-03", DRIVER[1]), "/chauffeur")
    _ready_for_flight(page)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{web.url}/deconnexion")
    page.click("form[action='/deconnexion'] button")
    page.wait_for_url("**/connexion*")
    page.wait_for_function("caches.match('/chauffeur').then((found) => !found)")
    page.wait_for_function("""() => new Promise((resolve) => {
        const asking = indexedDB.open("tournee");
        asking.onsuccess = () => {
            const counting = asking.result.transaction("kept").objectStore("kept").count();
            counting.onsuccess = () => resolve(counting.result === 0);
            asking.result.close();
        };
    })""")
