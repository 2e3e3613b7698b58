"""rFMS 4: what makers' clouds tell of their trucks' engines, asked for within their limits.

Each maker counts litres and metres over a truck's whole life, and sends the counters with every status. What it used
in a day is the difference of two of them: steps of half a litre in the engine's own network vanish over a day.

After the published models of rFMS 4.0: `engineTotalFuelUsed` in millilitres, `hrTotalVehicleDistance` in metres,
`moreDataAvailableLink` to the next page. Seen in clients of Volvo, DAF and Scania; no maker's cloud has been asked yet.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import httpx

from services.errors import TourneeError

ACCEPT = "application/json; rfms=vehiclestatuses.v4.0"
PATIENCE_S = 60.0
MOST_PAGES = 5000
TOO_MANY, WAIT_S, LONGEST_WAIT_S, MOST_WAITS = 429, 60.0, 3600.0, 5
"""A maker that has enough says 429, mostly with `Retry-After`; without it we come back after a minute."""


class MakerRefused(TourneeError):
    """A maker's cloud does not answer as rFMS 4 says; the message says what it did."""


class Status(NamedTuple):
    """A truck's counters at an instant."""

    vin: str
    at: datetime
    fuel_ml: float
    distance_m: float | None


class Used(NamedTuple):
    """What a truck's engine counted from one day's last status to the next one's."""

    truck: str
    at: datetime
    """Of the later status."""
    fuel_l: float
    odometer_km: float | None
    since: datetime
    """Of the earlier status."""


def list_statuses(
    client: httpx.Client,
    base_url: str,
    first: datetime,
    last: datetime,
    *,
    every_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Status]:
    """All statuses that the maker received between two instants, page by page, a request in `every_s` seconds.

    A status without the counter of fuel is passed over: it says nothing here.

    Raises:
        MakerRefused: an answer that is none, or 429 again and again.
    """
    asked: Mapping[str, str] = {
        "starttime": _instant(first),
        "stoptime": _instant(last),
        "contentFilter": "ACCUMULATED",
        "datetype": "received",
    }
    for page in range(MOST_PAGES):
        if page:
            sleep(every_s)
        told = _ask(client, f"{base_url.rstrip('/')}/vehiclestatuses", asked, sleep)
        try:
            statuses = told["vehicleStatusResponse"]["vehicleStatuses"]
            yield from filter(None, map(_status, statuses))
            if not told.get("moreDataAvailable"):
                return
            # Of the link only what it asks for: it may name another host, or a path below another root.
            further = dict(parse_qsl(urlsplit(told["moreDataAvailableLink"]).query))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MakerRefused(f"{base_url} answers otherwise than rFMS 4 says: {error!r}") from error
        if not further or further == asked:
            raise MakerRefused(f"{base_url} says that there is more, and not how to ask for it")
        asked = further
    raise MakerRefused(f"{base_url} has over {MOST_PAGES} pages: ask for fewer days")


def _ask(client: httpx.Client, url: str, asked: Mapping[str, str], sleep: Callable[[float], None]) -> dict[str, Any]:
    for _ in range(MOST_WAITS):
        try:
            answer = client.get(url, params=asked, headers={"Accept": ACCEPT}, timeout=PATIENCE_S)
        except httpx.HTTPError as error:
            raise MakerRefused(f"{url} cannot be asked: {error}") from error
        if answer.status_code != TOO_MANY:
            break
        wait = answer.headers.get("retry-after", "")
        sleep(min(float(wait), LONGEST_WAIT_S) if wait.isascii() and wait.isdigit() else WAIT_S)
    if answer.status_code != httpx.codes.OK:
        raise MakerRefused(f"{url} answers {answer.status_code}: {answer.text[:200]}")
    try:
        told = answer.json()
    except ValueError as error:
        raise MakerRefused(f"{url} does not answer with JSON") from error
    if not isinstance(told, dict):
        raise MakerRefused(f"{url} does not answer with an object")
    return told


def _status(told: Mapping[str, Any]) -> Status | None:
    fuel_ml, distance_m = told.get("engineTotalFuelUsed"), told.get("hrTotalVehicleDistance")
    if fuel_ml is None:
        return None
    at = datetime.fromisoformat(str(told["createdDateTime"]))
    if at.tzinfo is None:
        raise ValueError(f"createdDateTime {told['createdDateTime']} without a zone")
    return Status(str(told["vin"]), at, float(fuel_ml), None if distance_m is None else float(distance_m))


def used_by_day(statuses: Iterable[Status], trucks: Mapping[str, str], zone: ZoneInfo) -> tuple[list[Used], list[str]]:
    """What each truck used from one day's last status to the next one's, and what is left out, in words.

    Args:
        statuses: in any order, each as often as it came.
        trucks: the city's truck of each VIN; others' are passed over.
        zone: of the city, whose days they are.
    """
    last: dict[str, dict[date, Status]] = defaultdict(dict)
    for status in sorted(set(statuses), key=lambda status: status.at):
        if status.vin in trucks:
            last[status.vin][status.at.astimezone(zone).date()] = status
    used, faults = [], []
    for vin, days in last.items():
        for before, after in pairwise(days.values()):
            fuel_l = (after.fuel_ml - before.fuel_ml) / 1000
            if fuel_l < 0:
                faults.append(f"{trucks[vin]}: the counter ran back on {after.at:%Y-%m-%d}: exchanged or set back")
            elif fuel_l > 0:
                km = None if after.distance_m is None else round(after.distance_m / 1000, 1)
                used.append(
                    Used(trucks[vin], after.at.astimezone(UTC), round(fuel_l, 2), km, before.at.astimezone(UTC))
                )
    faults += [f"{truck}: no status with its VIN {vin} came" for vin, truck in trucks.items() if vin not in last]
    return sorted(used), faults


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
