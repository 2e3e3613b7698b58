"""rFMS 4: a maker's pages are followed within its limits, and a day's litres are the difference of two counters."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.edges.rfms import MakerRefused, Status, list_statuses, used_by_day

FIRST, LAST = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
COTONOU = ZoneInfo("Africa/Porto-Novo")  # an hour ahead of UTC
VIN = "YV2RT40A0KB000001"


def status(created: str, fuel_ml: int | None, distance_m: int | None = 1000) -> dict[str, object]:
    told: dict[str, object] = {
        "vin": VIN, "triggerType": {"type": "TIMER", "context": "RFMS"}, "createdDateTime": created,
        "receivedDateTime": created, "hrTotalVehicleDistance": distance_m, "engineTotalFuelUsed": fuel_ml,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def page(statuses: list[dict[str, object]], link: str | None = None) -> tuple[int, dict[str, str], object]:
    body: dict[str, object] = {
        "vehicleStatusResponse": {"vehicleStatuses": statuses}, "moreDataAvailable": link is not None,
        "requestServerDateTime": "2026-11-03T00:00:00Z",
    }  # fmt: skip
    return 200, {}, body | ({"moreDataAvailableLink": link} if link else {})


@contextmanager
def maker(*answers: tuple[int, dict[str, str], object]) -> Iterator[tuple[str, list[tuple[str, dict[str, list[str]]]]]]:
    """A maker's cloud that gives these answers one after the other; its address, and what it was asked."""
    left, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            asked.append((at.path, parse_qs(at.query) | {"accept": [self.headers["accept"]]}))
            code, headers, body = left.pop(0)
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/rfms", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(url: str, slept: list[float] | None = None) -> list[Status]:
    naps = [] if slept is None else slept
    with httpx.Client() as client:
        return list(list_statuses(client, url, FIRST, LAST, every_s=7, sleep=naps.append))


def test_pages_are_followed_at_the_makers_own_address() -> None:
    """The link is relative in one cloud and names a host in another: it says what to ask, never whom."""
    link = "https://elsewhere.example/rfms/vehiclestatuses?starttime=2026-11-02T00:00:01Z&contentFilter=ACCUMULATED"
    slept: list[float] = []
    first, second = status("2026-11-01T17:00:00Z", 1_000_000), status("2026-11-02T17:00:00Z", 1_038_500)
    with maker(page([first], link), page([second, status("2026-11-02T18:00:00Z", None)])) as (url, asked):
        found = ask(url, slept)
    assert [each.fuel_ml for each in found] == [1_000_000, 1_038_500]
    assert [path for path, _ in asked] == ["/rfms/vehiclestatuses"] * 2
    assert asked[0][1]["starttime"] == ["2026-11-01T00:00:00Z"]
    assert asked[1][1]["starttime"] == ["2026-11-02T00:00:01Z"]
    assert asked[0][1]["accept"] == ["application/json; rfms=vehiclestatuses.v4.0"]
    assert slept == [7]


def test_maker_that_has_enough_is_waited_for() -> None:
    slept: list[float] = []
    with maker((429, {"Retry-After": "120"}, {}), (429, {}, {}), page([])) as (url, asked):
        assert ask(url, slept) == []
    assert slept == [120, 60]
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}, {"error": "expired"}), "answers 401.*expired"),
        ((200, {}, b"<html>"), "does not answer with JSON"),
        ((200, {}, []), "with an object"),
        ((200, {}, {"vehicles": []}), "otherwise than rFMS 4"),
        (page([status("yesterday", 1)]), "otherwise than rFMS 4"),
        (page([status("2026-11-01T17:00:00", 1)]), "otherwise than rFMS 4"),
        (page([], "/rfms/vehiclestatuses"), "not how to ask"),
    ],
)
def test_answer_that_is_none_is_told(answer: tuple[int, dict[str, str], object], said: str) -> None:
    with maker(answer) as (url, _), pytest.raises(MakerRefused, match=said):
        ask(url)


def at(day: int, hour: int, fuel_ml: float, km: float = 100) -> Status:
    return Status(VIN, datetime(2026, 11, day, hour, tzinfo=UTC), fuel_ml, km * 1000)


def test_litres_of_a_day_are_the_difference_of_counters() -> None:
    """1,000 L on Sunday evening, 1,038.5 L on Monday's: 38.5 L. 23:30 UTC is Tuesday in Cotonou already: 1.5 L more."""
    tuesday = Status(VIN, datetime(2026, 11, 2, 23, 30, tzinfo=UTC), 1_040_000, 150_000)
    statuses = [at(1, 17, 1_000_000), at(2, 6, 1_010_000), at(2, 17, 1_038_500, 148.26), tuesday, at(2, 6, 1_010_000)]
    used, faults = used_by_day(statuses, {VIN: "T-01"}, COTONOU)
    assert [(row.fuel_l, row.odometer_km) for row in used] == [(38.5, 148.3), (1.5, 150.0)]
    assert [row.truck for row in used] == ["T-01", "T-01"]
    assert faults == []


def test_counter_that_ran_back_and_truck_without_status_are_told() -> None:
    statuses = [at(1, 17, 1_000_000), at(2, 17, 500), at(3, 17, 20_500)]
    used, faults = used_by_day(statuses, {VIN: "T-01", "OTHER": "T-02"}, COTONOU)
    assert [row.fuel_l for row in used] == [20]
    assert faults == [
        "T-01: the counter ran back on 2026-11-02: exchanged or set back",
        "T-02: no status with its VIN OTHER came",
    ]


def test_trucks_of_others_and_days_that_stood_still_are_no_receipts() -> None:
    statuses = [at(1, 17, 1_000_000), at(2, 17, 1_000_000)]
    assert used_by_day(statuses, {VIN: "T-01"}, COTONOU) == ([], [])
    assert used_by_day([*statuses, at(3, 17, 9e9)], {}, COTONOU) == ([], [])
