"""The driver's phone towards the web: fetch the circuit, send confirmations until they are accepted."""

import logging
from collections import deque
from datetime import date
from typing import Any

import httpx

from simulators.events import Confirmation

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Confirmations in one request; the web takes up to 500."""
TIMEOUT_S = 20.0


class PhoneError(Exception):
    """The web refused what the phone asked; the message holds its answer."""


class OutOfReach(PhoneError):
    """No answer, or a server in trouble: try again later, nothing is lost."""


class DriverClient:
    """The few requests that a driver's phone makes. It logs in again by itself when its session has ended."""

    def __init__(self, http: httpx.Client, city: str, login: str, password: str, key: str) -> None:
        """`key`: the phone's own, from its enrolment; without it the truck's code opens nothing."""
        self._http = http
        self._http.headers["X-Truck-Phone"] = key
        self._who = {"city": city, "login": login, "password": password}
        self._csrf: str | None = None

    @classmethod
    def to(cls, url: str, city: str, login: str, password: str, key: str) -> "DriverClient":
        """A client of its own for this address."""
        return cls(httpx.Client(base_url=url, timeout=TIMEOUT_S, headers={"Origin": url}), city, login, password, key)

    @classmethod
    def enrolled(cls, url: str, city: str, login: str, password: str, invitation: str) -> "DriverClient":
        """The same for a phone that has its truck's invitation, and becomes the truck's by it."""
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, headers={"Origin": url}) as http:
            answer = http.post("/api/v1/phone", json={"code": invitation.rpartition("/")[2]})
        return cls.to(url, city, login, password, str(_checked(answer).json()["key"]))

    def close(self) -> None:
        self._http.close()

    def find_circuit(self, day: date) -> dict[str, Any] | None:
        """The circuit sent to this truck for the day; None while there is none."""
        answer = self._ask("GET", "/api/v1/driver/circuit", params={"day": day.isoformat()})
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        circuit: dict[str, Any] = answer.json()
        return circuit

    def send(self, confirmations: list[dict[str, Any]]) -> int:
        """Post confirmations; how many the web has accepted. Sending one twice is harmless."""
        return int(self._ask("POST", "/api/v1/driver/confirmations", json=confirmations).json()["accepted"])

    def _log_in(self) -> None:
        answer = self._request("POST", "/api/v1/session", json=self._who)
        self._csrf = str(_checked(answer).json()["csrf"])

    def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        if self._csrf is None:
            self._log_in()
        answer = self._request(method, path, **body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._request(method, path, **body)
        return _checked(answer)

    def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, headers={"X-CSRF-Token": self._csrf or ""}, **body)
        except httpx.TransportError as error:
            raise OutOfReach(f"{method} {path}: {error}") from error


def _checked(answer: httpx.Response) -> httpx.Response:
    told = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}"
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise OutOfReach(told)
    if answer.is_error:
        raise PhoneError(told)
    return answer


class Outbox:
    """Confirmations in the order they were made, kept until the web has answered 202 for them."""

    def __init__(self, client: DriverClient) -> None:
        self._client = client
        self._waiting: deque[dict[str, Any]] = deque()
        self.refused: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, confirmation: Confirmation) -> None:
        self._waiting.append(confirmation.body)

    def set_aside(self) -> int:
        """Put the batch that was refused out of the way, so that later ones can go; how many it held."""
        batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
        self.refused += batch
        return len(batch)

    def flush(self) -> int:
        """Send what waits; how many were accepted. Out of reach, all of it is kept for the next time.

        Raises:
            PhoneError: the web refused them for good, with its reason.
        """
        accepted = 0
        while self._waiting:
            batch = list(self._waiting)[:MOST_AT_ONCE]
            try:
                accepted += self._client.send(batch)
            except OutOfReach as error:
                logger.info("%d confirmations wait for the network: %s", len(self._waiting), error)
                return accepted
            for _ in batch:
                self._waiting.popleft()
        return accepted
