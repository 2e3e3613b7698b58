"""The operator of the demo, at work through the same HTTP interface as anybody else's program."""

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

import httpx

from services.web.entry.rights import Role

POLL_S = 0.2
PATIENCE_S = 120.0


class OperatorError(Exception):
    """The web did not do what the demo needs; the message holds its answer."""


@dataclass(frozen=True)
class Login:
    """One of the three printed at the end."""

    role: Role
    login: str
    password: str
    path: str
    phone_key: str = ""
    """Of a truck's simulated phone."""


class OperatorSession:
    """A session as operator."""

    def __init__(self, url: str, city: str, login: Login) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, headers={"Origin": url})
        answer = self._http.post(
            "/api/v1/session", json={"city": city, "login": login.login, "password": login.password}
        )
        self._http.headers["X-CSRF-Token"] = _body(answer)["csrf"]

    def plan(
        self, day: date, as_of: datetime, time_limit_s: float, told: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Order a day's plan and wait for it; `told` hears how far it is.

        Raises:
            OperatorError: the planner failed or took too long.
        """
        order = {"day": day.isoformat(), "as_of": as_of.isoformat(), "time_limit_s": time_limit_s}
        request_id = _body(self._http.post("/api/v1/plan", json=order))["request_id"]
        deadline = time.monotonic() + PATIENCE_S + time_limit_s
        while time.monotonic() < deadline:
            answer = self._http.get(f"/api/v1/planning/{request_id}")
            if answer.status_code == httpx.codes.OK:
                progress = _body(answer)
                told(progress)
                if progress["state"] == "failed":
                    raise OperatorError(f"the plan of {day} failed: {progress['detail']}")
                if progress["state"] == "finished":
                    plan = self._http.get(f"/api/v1/plans/{progress['plan_id']}")
                    if plan.status_code == httpx.codes.OK:
                        return _body(plan)
            time.sleep(POLL_S)
        raise OperatorError(f"no plan of {day} within {PATIENCE_S + time_limit_s:.0f} s; see the planner's log")

    def dispatch(self, plan_id: str) -> None:
        """Send a plan to the drivers."""
        _body(self._http.post("/api/v1/dispatches", json={"plan_id": plan_id}))

    def list_breaches(self) -> list[dict[str, str]]:
        """Lines of the latest month's contract sheet; none in a city without a contractor."""
        answer = self._http.get("/api/v1/contract.csv")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        _raise_for(answer)
        return list(csv.DictReader(StringIO(answer.text)))

    def answer_breach(self, breach: dict[str, str], words: str) -> None:
        """Write down what the contractor says to a line."""
        form = {
            "csrf_token": self._http.headers["X-CSRF-Token"], "flotte": breach["fleet"], "mois": breach["month"],
            "ligne": breach["line"], "reponse": words,
        }  # fmt: skip
        _raise_for(self._http.post("/contrat/repondre", data=form))

    def close(self) -> None:
        self._http.close()


def _raise_for(answer: httpx.Response) -> None:
    if answer.is_error:
        raise OperatorError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")


def _body(answer: httpx.Response) -> dict[str, Any]:
    _raise_for(answer)
    body: dict[str, Any] = answer.json()
    return body
