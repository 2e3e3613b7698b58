"""Coverage from crews' words to the store, on a real PostgreSQL: once a day, never changed; grids as versions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.cli.ledger import ledger_app
from services.contracts.coverage import CoverageComputed
from services.ledger import covering
from services.ledger.coverage_store import load_basis
from services.ledger.covering import CoverageKeeper
from services.operations.meters import LedgerMeter
from services.roads.roads import estimated_roads
from services.settings import settings
from services.store.connection import connect
from services.writer.day import store_coverage
from tests.support.ledger_town import AFTER, CITY, DAY, Town, driven_day


@pytest.fixture
def town(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(covering, "LOOK_EVERY_S", 0.0)
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield Town(connection)


class Kept:
    """As Kafka with the writer behind it, for coverage."""

    def __init__(self, town: Town) -> None:
        self.town, self.published = town, list[CoverageComputed]()
        self.keeper = CoverageKeeper(self, town, LedgerMeter(), lambda: False, estimated_roads)  # type: ignore[arg-type]

    def publish(self, topic: str, key: bytes, message: Any) -> None:
        assert (topic, key) == ("coverage", CITY.encode())
        self.published.append(message)
        self.town.write(store_coverage, [message])

    def look(self) -> None:
        self.keeper.bring_up_to_date(self.town.connection)


def lines(town: Town) -> list[CoverageComputed]:
    rows = town.rows("SELECT document FROM coverage_line ORDER BY day, computed_at")
    return [CoverageComputed.model_validate(row["document"]) for row in rows]


def test_a_finished_day_has_its_coverage_once(town: Town) -> None:
    """Before the day is over none; then one, however often the ledger looks, and also after a restart."""
    kept = Kept(town)
    driven_day(town)
    town.look()
    kept.look()
    assert kept.published == []
    town.look(AFTER)
    kept.look()
    kept.look()
    Kept(town).look()
    (line,) = lines(town)
    assert len(kept.published) == 1
    assert (line.day, line.weeks_known, line.people_from) == (DAY, 0, "zones")
    assert line.population == pytest.approx(9800 + 12400 + 7600, abs=1)
    assert 0 < line.assigned_people < line.population
    assert line.served_people == 0  # emptied once this week, and twice is promised


def test_words_that_come_late_make_a_further_line(town: Town) -> None:
    """The second emptying of the week, told the day after: its containers serve whoever lives near."""
    kept = Kept(town)
    plan = driven_day(town)
    town.look(AFTER)
    kept.look()
    for circuit in plan.circuits:
        town.confirm(plan, circuit.truck, happened_at=plan.circuits[0].visits[0].leave_at)
    town.look(AFTER + timedelta(hours=1))
    kept.look()
    before, after = lines(town)
    assert before.day == after.day == DAY
    assert after.served_people > before.served_people == 0


def test_lines_are_never_changed(town: Town) -> None:
    kept = Kept(town)
    driven_day(town)
    town.look(AFTER)
    kept.look()
    for query in ("UPDATE coverage_line SET arithmetic = 9", "DELETE FROM coverage_line"):
        with pytest.raises(psycopg.errors.RaiseException), town.connection.transaction():
            town.connection.execute(query)


def test_weeks_are_counted_back_from_the_day(town: Town) -> None:
    """An emptying eight days before is of week 1; one after the day is of none."""
    plan = driven_day(town)
    stop = plan.circuits[0].stops[0]
    for days in (-8, 1):
        at = stop.leave_at + timedelta(days=days)
        town.rows(
            "INSERT INTO confirmation VALUES (%s, %s, 'RB-1021', %s, 'stop', %s, 'done', NULL, NULL, %s, %s, 'RB-1021')"
            " RETURNING 1",
            *(uuid4(), CITY, plan.plan_id, stop.place, at, at),
        )
    with town.connection.transaction():
        basis = load_basis(town.connection, CITY, DAY, AFTER)
    assert basis is not None
    assert basis.emptied.weeks[stop.place or ""].tolist() == [1, 1] + 50 * [0]
    assert basis.emptied.weeks_known == 1  # nine days: one whole week
    assert basis.times_a_week == 2


def test_the_commands_load_a_grid_and_tell_who_is_served(
    town: Town, empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A grid is a version, the same one is none; coverage is computed anew with it."""
    kept = Kept(town)
    driven_day(town)
    town.look(AFTER)
    kept.look()
    monkeypatch.setenv("TOURNEE_DATABASE_URL", empty_url)
    monkeypatch.setenv("TOURNEE_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()
    file = tmp_path / "people.csv"
    file.write_text("lon,lat,people\n1.8612,6.5371,500\n1.8225,6.4900,90\n1.0,6.5,7\n")
    run = CliRunner()

    def told(*words: str) -> str:
        result = run.invoke(ledger_app, list(words))
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    loaded = ("population", CITY, str(file), "--source", "WorldPop 2025", "--by", "awa")
    assert "3 cells, 590 people within the zones" in told(*loaded)
    assert "There already as version 1" in told(*loaded)
    assert "0 of 590 people served" in told("coverage", CITY, "--day", str(DAY))
    later = datetime.fromisoformat("2099-01-01T00:00:00+00:00")
    town.at = later
    kept.look()
    assert [line.people_from for line in lines(town)] == ["zones", "grid"]
    wrong = run.invoke(ledger_app, ["population", CITY, str(tmp_path / "none.csv"), "--source", "x", "--by", "awa"])
    assert wrong.exit_code != 0
