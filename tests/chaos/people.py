"""A phone and an operator at work through the web while everything falls: they keep what was not answered 202."""

import random
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from simulators.trucks.phone import DriverClient, OutOfReach
from tests.chaos.city import OPERATOR, Town
from tests.chaos.claims import Claim, Claims

TIMEOUT_S = 10.0
AT_ONCE = 50


@dataclass(frozen=True)
class Visits:
    """Where and when a phone says it was: among the readings, so that emptyings part those that count."""

    places: tuple[str, ...]
    first_at: datetime
    span_s: float


class Phone(threading.Thread):
    """A driver's phone: reports three visits each half second, and sends its outbox until it is answered 202."""

    def __init__(self, url: str, town: Town, visits: Visits, claims: Claims, seed: int) -> None:
        super().__init__(name="phone", daemon=True)
        http = httpx.Client(base_url=url, timeout=TIMEOUT_S, headers={"Origin": url})
        self._client = DriverClient(http, town.city, town.trucks[0], town.digits, town.phone_key)
        self._visits, self._claims = visits, claims
        self._dice = random.Random(seed)
        self._outbox: deque[dict[str, Any]] = deque()
        self._plans = town.plans
        self._ends, self._twice = threading.Event(), threading.Event()
        self.sent_twice = 0
        self.failure: BaseException | None = None

    def send_twice(self) -> None:
        """The next batch that is accepted is sent once more, as when the answer was lost on its way."""
        self._twice.set()

    def run(self) -> None:
        try:
            while not self._ends.wait(0.5):
                self._outbox.extend(self._visit() for _ in range(3))
                self._flush()
        except BaseException as error:
            self.failure = error
            raise

    def finish(self, patience_s: float) -> int:
        """Stop reporting, send what is left; how many reports are not answered."""
        self._ends.set()
        self.join(patience_s)
        for _ in range(int(patience_s)):
            if self._flush():
                break
        self._client.close()
        return len(self._outbox)

    def report(self, place: str) -> Claim | None:
        """One report at once, not through the outbox; None when the web did not answer 202."""
        body = self._visit() | {"place": place}
        return Claim("confirmation", UUID(body["id"])) if self._post([body]) else None

    def _flush(self) -> bool:
        while self._outbox:
            batch = [self._outbox[n] for n in range(min(AT_ONCE, len(self._outbox)))]
            if not self._post(batch):
                return False
            for _ in batch:
                self._outbox.popleft()
            if self._twice.is_set() and self._post(batch):
                self._twice.clear()
                self.sent_twice += 1
        return True

    def _post(self, batch: list[dict[str, Any]]) -> bool:
        try:
            self._client.send(batch)
        except OutOfReach:
            return False  # kept, and sent again
        self._claims.add(Claim("confirmation", UUID(body["id"])) for body in batch)
        return True

    def _visit(self) -> dict[str, Any]:
        done = self._dice.random() < 0.8
        at = self._visits.first_at + timedelta(seconds=round(self._dice.uniform(0, self._visits.span_s), 3))
        return {
            "id": str(uuid4()),
            "plan_id": str(self._plans[at.astimezone(UTC).date()]),
            "kind": "stop",
            "place": self._dice.choice(self._visits.places),
            "outcome": "done" if done else "skipped",
            "reason": None if done else "blocked",
            "happened_at": at.isoformat(),
        }


class Operator(threading.Thread):
    """Orders a plan every now and then, and sends one that is there."""

    def __init__(self, url: str, town: Town, claims: Claims, every_s: float) -> None:
        super().__init__(name="operator", daemon=True)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, headers={"Origin": url})
        self._login = {"city": town.city, "login": OPERATOR, "password": town.password}
        self._claims, self._every_s = claims, every_s
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._last_order: UUID | None = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._ends.wait(self._every_s):
                self._send_last()
                self.order()
        except BaseException as error:
            self.failure = error
            raise

    def finish(self, patience_s: float) -> None:
        self._ends.set()
        self.join(patience_s)
        self._http.close()

    def order(self) -> Claim | None:
        """Order a plan; None when the web did not answer 202."""
        answer = self._post("/api/v1/plan", {"time_limit_s": 1})
        if answer is None:
            return None
        self._last_order = UUID(answer["request_id"])
        claim = Claim("order", self._last_order)
        self._claims.add([claim])
        return claim

    def _send_last(self) -> None:
        """Send the latest plan to the drivers, if it is there and holds a circuit."""
        if self._last_order is None:
            return
        progress = self._ask("GET", f"/api/v1/planning/{self._last_order}")
        if progress is None or not progress.get("circuits") or progress["plan_id"] is None:
            return
        sent = self._post("/api/v1/dispatches", {"plan_id": progress["plan_id"]})
        if sent is not None:
            self._claims.add([Claim("dispatch", UUID(sent["dispatch_id"]))])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """The answer, or None where the web gives none now: nothing was promised then."""
        with self._lock:
            try:
                if "X-CSRF-Token" not in self._http.headers:
                    answer = self._http.post("/api/v1/session", json=self._login)
                    if not answer.is_success:
                        return None
                    self._http.headers["X-CSRF-Token"] = answer.json()["csrf"]
                answer = self._http.request(method, path, json=body)
            except httpx.TransportError:
                return None
        if answer.is_client_error and answer.status_code != httpx.codes.NOT_FOUND:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found
