"""What engines count, from the door to the metered litres: trackers through the doors, a maker's cloud by rFMS 4."""

import csv
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from infra.stack.ports import free_port
from infra.stack.services import running_services
from infra.stack.stack import Stack
from services.city.store import store_registry
from services.cli.app import app
from services.contracts.ledger import TruckWork
from services.edges.store import make_key
from services.settings import settings
from services.store.connection import connect
from services.writer.day import store_savings
from tests.contract.waiting import eventually
from tests.support.example_town import example_town
from tests.support.http_server import serving
from tests.support.published import forwarded
from tests.support.web_seed import savings_day

pytestmark = pytest.mark.parametrize("fresh_stack", ["real"], indirect=True)

CITY = "houeyogbe"
TODAY = datetime.now(UTC).date()
DAYS = [TODAY - timedelta(days=n) for n in (4, 3, 2)]
VIN = "YV2RT40A0KB000001"


def evening(day: date, hour: int = 16) -> datetime:
    """17:00 of the town's clock, which is an hour ahead."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def work(truck: str, fuel_l: float) -> TruckWork:
    return TruckWork(
        truck=truck, haul_m=30_000, collect_m=20_000, stops=60, idle_s=3600, is_measured=True, fuel_l=fuel_l
    )


@pytest.fixture(scope="module")
def url(fresh_stack: Stack) -> str:
    """A town whose ledger says of three days that each of two trucks burnt 40 L a day, by the model."""
    migrate(fresh_stack.database_url)
    with connect(fresh_stack.database_url, name="test") as connection:
        store_registry(connection, example_town(), who="test", now=datetime.now(UTC))
        lines = [
            savings_day(day).model_copy(
                update={"city": CITY, "fleet": "main", "works": (work("RB-1021", 40.0), work("RB-2210", 40.0))}
            )
            for day in DAYS
        ]
        with connection.transaction():
            store_savings(connection, lines)
    return fresh_stack.database_url


@pytest.fixture
def command(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", url)
    settings.cache_clear()
    yield CliRunner()
    settings.cache_clear()


def metered(command: CliRunner) -> list[str]:
    told = command.invoke(
        app, ["ledger", "litres", CITY, "--from", f"{DAYS[0]}", "--to", f"{DAYS[-1]}"], env={"COLUMNS": "300"}
    )
    assert told.exit_code == 0, told.output
    return told.output.splitlines()


def test_trackers_counters_become_metered_litres(fresh_stack: Stack, url: str, command: CliRunner) -> None:
    """By the OsmAnd protocol and from a Traccar, to Kafka, the store, and the command: 41.5 + 39 L on two days.

    On the third day of RB-2210 its tracker was exchanged: that day is in neither column.
    """
    with connect(url, name="test") as connection:
        key = make_key(connection, CITY, "tracker", "RB-1021", datetime.now(UTC))
        traccar = make_key(connection, CITY, "traccar-forward", None, datetime.now(UTC))
    port = free_port()
    environment = fresh_stack.environment() | {"TOURNEE_DATABASE_URL": url, "TOURNEE_EDGES_PORT": str(port)}
    own = [(DAYS[0], 18_240.0, 310_000), (DAYS[1], 18_281.5, 310_050), (DAYS[2], 18_320.5, 310_101)]
    with (
        running_services(environment, fresh_stack.folder / "log" / "litres", ("edges", "writer")),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
    ):
        for day, litres, km in own:
            for hour, back in ((12, 11.5), (16, 0.0)):
                asked = {
                    "id": "any", "lat": "6.37", "lon": "2.39", "timestamp": str(int(evening(day, hour).timestamp())),
                    "fuelUsed": f"{litres - back} l", "odometer": str(km * 1000), "fuel": "88",
                }  # fmt: skip
                assert http.get(f"/{key}", params=asked).json() == {"outcome": "taken", "detail": None}
        for day, litres in zip(DAYS, (900.0, 938.0, 12.0), strict=True):
            told = forwarded(
                fixTime=evening(day).isoformat(), attributes={"fuelUsed": litres, "odometer": 88_000, "hours": 36e8}
            ) | {"device": {"uniqueId": "RB-2210"}}
            answer = http.post(f"/{CITY}/traccar", json=told, headers={"Authorization": f"Bearer {traccar}"})
            assert answer.json() == {"outcome": "taken", "detail": None}
        with psycopg.connect(url, autocommit=True) as store:
            rows = "SELECT count(*) FROM truck_counter"
            eventually(lambda: store.execute(rows).fetchall() == [(9,)])
    lines = metered(command)
    own_line = next(line for line in lines if line.startswith("RB-1021: metered"))
    assert "metered 80.5 L, modelled 80.0 L (+0.6%)" in own_line
    assert own_line.endswith(f"{DAYS[1]} to {DAYS[2]}, 2 stretches, engine by its tracker")
    other = next(line for line in lines if line.startswith("RB-2210: metered"))
    assert "metered 38.0 L, modelled 40.0 L (-5.0%)" in other
    assert any(f"RB-2210: on {DAYS[2]} its counter of litres ran back (from 938.0 to 12.0 L" in line for line in lines)
    # 80 of RB-1021 and 40 of RB-2210 out of 240
    assert lines[-1] == "50% of 240 modelled litres lie between two fillings."


@dataclass
class Maker:
    """A maker's cloud that speaks rFMS 4, and lets nobody ask more often than its contract says."""

    url: str
    every_s: float
    statuses: list[dict[str, object]]
    answered: list[float] = field(default_factory=list)
    refused: int = 0

    def answer(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], object]:
        """One status a page: the second page is asked for at once by nobody who keeps the limit."""
        now_s = time.monotonic()
        if self.answered and now_s - self.answered[-1] < self.every_s:
            self.refused += 1
            return 429, {"Retry-After": "1"}, {}
        self.answered.append(now_s)
        page = int(query.get("page", ["0"])[0])
        more = page + 1 < len(self.statuses)
        body: dict[str, object] = {
            "vehicleStatusResponse": {"vehicleStatuses": self.statuses[page : page + 1]}, "moreDataAvailable": more,
        }  # fmt: skip
        if more:
            body["moreDataAvailableLink"] = f"/vehiclestatuses?page={page + 1}"
        return 200, {}, body


@contextmanager
def maker(statuses: list[dict[str, object]], every_s: float) -> Iterator[Maker]:
    running = Maker("", every_s, statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["authorization"] != "Bearer for-the-test":
                code, headers, body = 401, dict[str, str](), {}
            else:
                code, headers, body = running.answer(parse_qs(urlsplit(self.path).query))
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        running.url = f"{url}/rfms"
        yield running


def status(at: datetime, litres: float, km: float) -> dict[str, object]:
    created = at.isoformat().replace("+00:00", "Z")
    return {
        "vin": VIN, "triggerType": {"type": "TIMER", "context": "RFMS"}, "createdDateTime": created,
        "receivedDateTime": created, "hrTotalVehicleDistance": km * 1000, "engineTotalFuelUsed": litres * 1000,
    }  # fmt: skip


def test_makers_litres_are_polled_within_its_limit_loaded_and_metered(command: CliRunner, tmp_path: Path) -> None:
    """36 + 44 L by the maker go before what the same truck's tracker said, and its limit was kept but for one 429."""
    (tmp_path / "vins.csv").write_text(f"truck,vin\nRB-1021,{VIN}\n")
    statuses = [status(evening(day), litres, 310_000) for day, litres in zip(DAYS, (500, 536, 580), strict=True)]
    out = tmp_path / "litres.csv"
    arguments = [
        "ledger", "rfms", CITY, "--vins", str(tmp_path / "vins.csv"), "--first", f"{DAYS[1]}", "--last", f"{DAYS[2]}",
        "--out", str(out), "--every", "0.5",
    ]  # fmt: skip
    with maker(statuses, every_s=0.8) as cloud:
        refused = command.invoke(app, [*arguments, "--url", cloud.url], env=_bearer("wrong"))
        assert "answers 401" in str(refused.exception)
        told = command.invoke(app, [*arguments, "--url", cloud.url], env=_bearer("for-the-test"))
        assert told.exit_code == 0, told.output
        waits = [b - a for a, b in zip(cloud.answered, cloud.answered[1:], strict=False)]
        assert len(cloud.answered) == 3
        assert min(waits) >= 0.8
        assert cloud.refused == 2  # asked again after 0.5 s, told to wait, and waited
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["truck"], row["fuel_l"], row["source"]) for row in rows] == [
        ("RB-1021", "36.0", "can"), ("RB-1021", "44.0", "can")
    ]  # fmt: skip
    assert rows[0]["since"] == evening(DAYS[0]).isoformat()
    loaded = command.invoke(app, ["ledger", "receipts", CITY, str(out), "--by", "awa"])
    assert "2 receipts added" in loaded.output
    own_line = next(line for line in metered(command) if line.startswith("RB-1021: metered"))
    assert "metered 80.0 L, modelled 80.0 L (+0.0%)" in own_line
    assert own_line.endswith(", engine")


def _bearer(word: str) -> dict[str, str]:
    return {"TOURNEE_RFMS_AUTHORIZATION": f"Bearer {word}", "COLUMNS": "300"}
