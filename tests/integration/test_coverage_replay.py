"""Published coverage once more out of a real PostgreSQL: to the last figure, by what was known when it was computed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.cli.ledger import ledger_app
from services.contracts.coverage import CoverageComputed
from services.contracts.planning import PlanMade
from services.ledger import covering
from services.ledger.coverage_replay import replay_coverage
from services.ledger.coverage_store import add_grid, list_published, load_basis
from services.ledger.covering import CoverageKeeper, computed_coverage
from services.ledger.people import Grid
from services.ledger.remembered import Memory
from services.operations.meters import LedgerMeter
from services.roads.roads import estimated_roads
from services.settings import settings
from services.store.connection import connect
from services.writer.day import store_coverage
from tests.support.ledger_town import CITY, DAY, MORNING, Town

DAYS = [DAY + timedelta(days=n) for n in range(3)]
"""A Tuesday to a Thursday: what is emptied on two of them keeps the promise of twice a week."""
PERIOD = ("--from", str(DAYS[0]), "--to", str(DAYS[-1]))


class CoveredTown(Town):
    """Its ledger publishes coverage too, as Kafka with the writer behind it would take it."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.sent = dict[date, PlanMade]()
        self.coverage = CoverageKeeper(self, self, LedgerMeter(), lambda: False, estimated_roads)  # type: ignore[arg-type]

    def publish(self, topic: str, key: bytes, message: Any) -> None:
        if isinstance(message, CoverageComputed):
            self.write(store_coverage, [message])
        else:
            super().publish(topic, key, message)

    def cover(self, at: datetime) -> None:
        self.look(at)
        self.coverage.bring_up_to_date(self.connection)

    def live(self, day: date) -> None:
        """Planned, sent, driven, told; counted and covered the next morning."""
        self.at = MORNING + (day - DAY)
        plan = self.sent[day] = self.send(self.plan(day))
        for circuit in plan.circuits:
            self.confirm(plan, circuit.truck)
        self.drive(plan)
        self.cover(self.at + timedelta(days=1))

    def line_of(self, day: date) -> CoverageComputed:
        with self.connection.transaction():
            (line,) = list_published(self.connection, CITY, day, day)
        return line

    def differences(self) -> list[str]:
        rows = list(
            replay_coverage(self.connection, CITY, DAYS[0], DAYS[-1], roads_of=estimated_roads, memory=Memory())
        )
        assert [row.day for row in rows] == DAYS
        return [f"{row.day} {told}" for row in rows for told in row.differences]


@pytest.fixture
def young_town(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CoveredTown]:
    """One day lived."""
    monkeypatch.setattr(covering, "LOOK_EVERY_S", 0.0)
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        town = CoveredTown(connection)
        town.live(DAYS[0])
        yield town


@pytest.fixture
def town(young_town: CoveredTown) -> CoveredTown:
    """Three days lived; by the grid from the second on."""
    town = young_town
    cells = [[1.8612, 6.5371, 500.0], [1.8225, 6.4900, 90.0]]
    add_grid(town.connection, CITY, Grid.of(cells), source="a count", who="awa", now=town.at + timedelta(hours=1))
    for day in DAYS[1:]:
        town.live(day)
    return town


@pytest.fixture
def replayed(empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The command, as an auditor gives it: what it ended with and what it said."""
    monkeypatch.setenv("TOURNEE_DATABASE_URL", empty_url)
    monkeypatch.setenv("TOURNEE_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()

    def run() -> tuple[int, str]:
        result = CliRunner().invoke(ledger_app, ["replay", CITY, *PERIOD])
        return result.exit_code, " ".join(result.output.split())

    return run


def tamper(town: CoveredTown, path: str, value: str) -> None:
    """With a figure of the first day, by somebody with more rights than ours."""
    with town.connection.transaction():
        town.connection.execute("ALTER TABLE coverage_line DISABLE TRIGGER USER")
        changed = town.connection.execute(
            "UPDATE coverage_line SET document = jsonb_set(document, %s::text[], %s::jsonb) WHERE day = %s",
            (path, value, DAYS[0]),
        )
        town.connection.execute("ALTER TABLE coverage_line ENABLE TRIGGER USER")
    assert changed.rowcount == 1


def test_every_published_line_comes_out_again(town: CoveredTown, replayed: Any) -> None:
    """Of zones' people and of a grid, with people served, and with zones that were priced."""
    lines = [town.line_of(day) for day in DAYS]
    assert [line.people_from for line in lines] == ["zones", "grid", "grid"]
    assert lines[0].served_people == 0 < lines[2].served_people
    assert any(zone.cost is not None for zone in lines[0].zones)
    code, told = replayed()
    assert (code, "3 days of coverage replayed, 0 differ." in told) == (0, True), told


def test_a_figure_that_was_changed_is_named(town: CoveredTown, replayed: Any) -> None:
    """One field after the other: the command ends with 1, and says of which day and which one, and what is found."""
    names = []
    for path, value, name in (
        ("{zones,0,none}", "0", "zone centre none"),
        ("{zones,0,cost,fuel_l}", "1", "zone centre cost"),
        ("{weeks_known}", "52", "weeks_known"),
    ):
        tamper(town, path, value)
        names.append(name)
        told = town.differences()
        assert sorted(row.split(":")[0] for row in told) == sorted(f"{DAYS[0]} {name}" for name in names)
    code, told = replayed()
    assert (code, "3 days of coverage replayed, 1 differ." in told) == (1, True), told
    assert f"{DAYS[0]} coverage: weeks_known: 52 was published, 0 is found" in told


def test_word_on_its_way_to_the_store_is_not_lost_to_a_line(young_town: CoveredTown) -> None:
    """Everything was emptied twice, and told before the line was computed; the writer stores it a day later."""
    town = young_town
    before = town.line_of(DAY)
    plan = town.sent[DAY]
    for circuit in plan.circuits:
        again_at, on_its_way_at = circuit.visits[-1].leave_at, before.computed_at - timedelta(seconds=30)
        town.confirm(plan, circuit.truck, happened_at=again_at, received_at=on_its_way_at)
    town.live(DAYS[1])
    after = town.line_of(DAY)
    assert after.served_people > before.served_people == 0
    assert before.words_heard is not None
    assert after.words_heard is not None
    replayed = replay_coverage(town.connection, CITY, DAY, DAYS[1], roads_of=estimated_roads, memory=Memory())
    assert [row.differences for row in replayed] == [(), ()]
    looked = town.rows("SELECT count(*) AS lines FROM coverage_line WHERE day = %s", DAY)
    town.cover(town.at + timedelta(minutes=1))
    assert town.rows("SELECT count(*) AS lines FROM coverage_line WHERE day = %s", DAY) == looked  # it is told once


def test_words_that_come_later_change_no_line_of_before(town: CoveredTown) -> None:
    """A phone that had no network tells on the third day that everything was emptied once more on the first.

    By it the first two days would have had people served; what was published of them was right by what was known.
    """
    before = [town.line_of(day) for day in DAYS]
    plan = town.sent[DAYS[0]]
    for circuit in plan.circuits:
        again_at = circuit.visits[-1].leave_at
        town.confirm(plan, circuit.truck, happened_at=again_at, received_at=town.at + timedelta(hours=1))
    with town.connection.transaction():
        basis = load_basis(town.connection, CITY, DAYS[0], town.at + timedelta(hours=2))
    assert basis is not None
    now_known = computed_coverage(basis, DAYS[0], town.at, estimated_roads)
    assert now_known.served_people > before[0].served_people == 0
    assert town.differences() == []
    assert [town.line_of(day) for day in DAYS] == before
