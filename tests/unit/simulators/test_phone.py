"""The driver's phone: nothing is lost without a network, and a new plan is taken over on the road."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from simulators.events import Confirmation
from simulators.live import TruckAtWork
from simulators.trucks.phone import DriverClient, Outbox, OutOfReach, PhoneError
from simulators.world import World

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


class Web:
    """As much of the product's web as a phone sees. `outages` requests fail before one gets through."""

    def __init__(self) -> None:
        self.outages = 0
        self.expired = False
        self.refusing = False
        self.circuit: dict[str, Any] | None = None
        self.received: list[dict[str, Any]] = []
        self.logins = 0

    def client(self) -> DriverClient:
        http = httpx.Client(base_url="http://web", transport=httpx.MockTransport(self.answer))
        return DriverClient(http, "small-town", "driver", "1234", "key")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.outages:
            self.outages -= 1
            raise httpx.ConnectError("no network", request=request)
        if request.url.path == "/api/v1/session":
            self.logins += 1
            self.expired = False
            return httpx.Response(200, json={"csrf": "token"})
        if self.expired:
            return httpx.Response(401, json={"detail": "log in again"})
        assert request.headers["X-CSRF-Token"] == "token"
        if request.method == "GET":
            return httpx.Response(204) if self.circuit is None else httpx.Response(200, json=self.circuit)
        if self.refusing:
            return httpx.Response(422, json={"detail": "unknown plan"})
        entries = json.loads(request.content)
        self.received += entries
        return httpx.Response(202, json={"accepted": len(entries)})


def confirmation(number: int) -> Confirmation:
    return Confirmation("T1", {"id": str(number)}, NOW)


@pytest.fixture
def web() -> Web:
    return Web()


def test_outbox_resends_until_accepted(web: Web) -> None:
    """Two requests lost: everything stays in order with its ids and arrives on the third try."""
    outbox = Outbox(web.client())
    for number in range(3):
        outbox.put(confirmation(number))
    web.outages = 2
    assert [outbox.flush(), outbox.flush(), outbox.flush()] == [0, 0, 3]
    assert [entry["id"] for entry in web.received] == ["0", "1", "2"]
    assert len(outbox) == 0


def test_outbox_sends_in_batches(web: Web) -> None:
    """A whole shift without a network is more than one request."""
    outbox = Outbox(web.client())
    for number in range(450):
        outbox.put(confirmation(number))
    assert outbox.flush() == 450
    assert [entry["id"] for entry in web.received] == [str(number) for number in range(450)]


def test_refusal_is_told_and_kept(web: Web) -> None:
    """A 4xx is not resent for ever: it is an error with the web's words, and the batch can be set aside."""
    outbox = Outbox(web.client())
    outbox.put(confirmation(1))
    web.refusing = True
    with pytest.raises(PhoneError, match="unknown plan"):
        outbox.flush()
    assert outbox.set_aside() == 1
    assert outbox.refused == [{"id": "1"}]
    assert outbox.flush() == 0


def test_client_logs_in_again(web: Web) -> None:
    """A session that ended overnight does not stop the truck."""
    client = web.client()
    assert client.find_circuit(NOW.date()) is None
    web.expired = True
    assert client.find_circuit(NOW.date()) is None
    assert web.logins == 2


def test_server_in_trouble_is_out_of_reach() -> None:
    """500 and 429 mean later, not never."""
    for status in (500, 503, 429):
        transport = httpx.MockTransport(lambda _request, status=status: httpx.Response(status))
        client = DriverClient(httpx.Client(base_url="http://web", transport=transport), "c", "l", "p", "k")
        with pytest.raises(OutOfReach):
            client.find_circuit(NOW.date())


def test_truck_takes_over_a_new_plan_on_the_road(
    web: Web, make_world: Callable[..., World], make_circuit: Callable[..., dict[str, Any]]
) -> None:
    """Replanned at 06:20, the truck goes on from where it is, and no container is reported under both plans."""
    stops = [f"C{k:03d}" for k in range(3, 25)]
    truck = TruckAtWork(make_world(), web.client())
    web.circuit = make_circuit(stops, plan_id="first")
    truck.look_for_circuit(NOW)
    replanned = NOW + timedelta(minutes=20)
    early = list(truck.events_until(replanned))
    web.circuit = make_circuit([*stops[::-1], "C030"], plan_id="second")
    truck.look_for_circuit(replanned)
    late = list(truck.events_until(NOW + timedelta(hours=12)))
    done = [e for e in [*early, *late] if isinstance(e, Confirmation) and e.body["kind"] == "stop"]
    assert sorted(e.body["place"] for e in done) == sorted([*stops, "C030"])
    assert {e.body["plan_id"] for e in done} == {"first", "second"}
    events = [*early, *late]
    assert all(a.happened_at <= b.happened_at for a, b in itertools.pairwise(events))


def test_truck_waits_for_its_hour(
    web: Web, make_world: Callable[..., World], make_circuit: Callable[..., dict[str, Any]]
) -> None:
    """A circuit sent at 04:40 is driven from 06:00."""
    truck = TruckAtWork(make_world(), web.client())
    web.circuit = make_circuit(["C003"], day=date(2026, 11, 2))
    truck.look_for_circuit(NOW - timedelta(minutes=80))
    assert list(truck.events_until(NOW - timedelta(seconds=1))) == []
    assert list(truck.events_until(NOW + timedelta(minutes=1)))
