"""The ledger's books on a real PostgreSQL: put down, accepted, never changed; and every figure computed again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.cli.ledger import ledger_app
from services.contracts.ledger import SavingsComputed
from services.ledger.books import (
    BaselineBroken,
    BaselineRefused,
    LoggedEvent,
    accept_baseline,
    add_baseline,
    add_calibration,
    add_event,
    add_receipts,
    find_accepted,
    find_book,
    list_baselines,
    list_receipts,
)
from services.ledger.calibration import Calibration, TruckCalibration
from services.ledger.frozen import baseline_of_folder
from services.ledger.receipts import Receipt, WrongReceipts
from services.ledger.remembered import Memory
from services.ledger.replay import replay
from services.roads.roads import estimated_roads
from services.settings import settings
from services.store.connection import connect
from services.web.entry.accounts import add_account
from tests.support.ledger_town import AFTER, CITY, DAY, MORNING, Town, driven_day

GO_LIVE = DAY - timedelta(days=1)


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        town = Town(connection)
        with connection.transaction():
            for login, role in (("mairie", "municipality"), ("awa", "operator")):
                add_account(connection, CITY, login, role, "une-longue-matinee", None)
        yield town


def put_down(town: Town, *flaws: str) -> int:
    frozen = baseline_of_folder(town.registry, town.version, flaws)
    return add_baseline(town.connection, frozen, who="awa", now=town.at)[0]


def accept(town: Town, version: int, valid_from: date = GO_LIVE, who: str = "mairie") -> None:
    accept_baseline(town.connection, CITY, version, valid_from=valid_from, who=who, now=town.at)


def differences(town: Town) -> list[str]:
    rows = replay(town.connection, CITY, DAY, DAY, now=town.at, roads_of=estimated_roads, memory=Memory())
    return [difference for row in rows for difference in row.differences]


def test_a_baseline_counts_once_the_municipality_has_accepted_it(town: Town) -> None:
    """Before, the folder's circuits stand in for it and the figure is provisional; then the day has a further line."""
    driven_day(town)
    town.look(AFTER)
    assert (town.line().baseline_version, town.line().provisional[0]) == (None, "baseline_not_accepted")
    version = put_down(town)
    town.look()
    assert len(town.lines()) == 1
    accept(town, version)
    town.look()
    line = town.line()
    assert (line.baseline_version, line.reasons) == (1, ("baseline",))
    assert "baseline_not_accepted" not in line.provisional
    assert line.errors
    assert line.fuel_saved_low_l is not None
    assert line.fuel_saved_l is not None
    assert line.fuel_saved_low_l < line.fuel_saved_l


def test_who_may_not_accept_is_told_why(town: Town) -> None:
    """Not the operator, whose work is measured; not a stranger; not twice; not a day that has its baseline."""
    version = put_down(town)
    for who, told in (("awa", "awa is operator; .*role municipality"), ("x", f"x is no account of {CITY}")):
        with pytest.raises(BaselineRefused, match=told):
            accept(town, version, who=who)
    with pytest.raises(BaselineRefused, match="has no baseline 7; it has 1"):
        accept(town, 7)
    accept(town, version)
    with pytest.raises(BaselineRefused, match="was accepted by mairie from 2026-03-02 on; it stays"):
        accept(town, version, DAY)
    other = put_down(town, "Sundays are missing")
    with pytest.raises(BaselineRefused, match="expected a later day than 2026-03-02"):
        accept(town, other)
    accept(town, other, DAY + timedelta(days=30))
    assert [row.valid_from for row in list_baselines(town.connection, CITY)] == [GO_LIVE, DAY + timedelta(days=30)]
    accepted = [find_accepted(town.connection, CITY, day) for day in (GO_LIVE, DAY, DAY + timedelta(days=30))]
    assert [row and row.version for row in accepted] == [1, 1, 2]
    assert find_accepted(town.connection, CITY, GO_LIVE - timedelta(days=1)) is None


def test_the_same_baseline_is_put_down_once(town: Town) -> None:
    assert put_down(town) == put_down(town) == 1
    assert put_down(town, "no Sunday") == 2


@pytest.mark.parametrize(
    "table", ["ledger_baseline", "ledger_baseline_accepted", "fuel_receipt", "fuel_calibration", "ledger_event"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET city_id = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_store_refuses_to_change_the_books(town: Town, table: str, change: str) -> None:
    """Not a row of them is changed by any hand that has only this application's rights."""
    with pytest.raises(psycopg.errors.RaiseException, match="never changed"), town.connection.transaction():
        town.connection.execute(change.format(table).encode())


def test_a_baseline_that_was_tampered_with_is_found_out(town: Town) -> None:
    """Somebody with more rights than ours has taken a stop away: nothing is compared with it any more."""
    accept(town, put_down(town))
    with town.connection.transaction():
        town.connection.execute("ALTER TABLE ledger_baseline DISABLE TRIGGER ledger_baseline_stays")
        town.connection.execute("UPDATE ledger_baseline SET document = document #- '{circuits,0}'")
        town.connection.execute("ALTER TABLE ledger_baseline ENABLE TRIGGER ledger_baseline_stays")
    with pytest.raises(BaselineBroken, match="not what was put down"):
        find_accepted(town.connection, CITY, DAY)


def test_receipts_loaded_twice_count_once(town: Town) -> None:
    """And one of the same number with other litres, or of the same instant, takes the whole file back."""
    at = datetime(2026, 3, 2, 17, tzinfo=UTC)
    first = Receipt("A1", "RB-1021", at, 60.0, 5000.0, "receipt")
    assert add_receipts(town.connection, CITY, [first], who="awa", now=town.at) == 1
    assert add_receipts(town.connection, CITY, [first], who="awa", now=town.at) == 0
    fresh = Receipt("A2", "RB-1021", at + timedelta(days=1), 30.0, None, "receipt")
    for wrong, told in (
        (Receipt("A1", "RB-1021", at, 90.0, None, "receipt"), "receipt A1 is there already and says something else"),
        (Receipt("A9", "RB-1021", at, 20.0, None, "receipt"), "receipt A1 of 2026-03-02 17:00 UTC is there already"),
    ):
        with pytest.raises(WrongReceipts, match=told):
            add_receipts(town.connection, CITY, [fresh, wrong], who="awa", now=town.at)
    assert list_receipts(town.connection, CITY) == [first]


def calibration(l_per_km: float) -> Calibration:
    """Both trucks, to the drop."""
    trucks = tuple(
        TruckCalibration(
            truck=truck, verdict="calibrated", fillings=30, days=30, per=(l_per_km, l_per_km, 0.1, 3.0),
            errors=((0.01, 0.01, 0.0, 0.0),),
        )
        for truck in ("RB-1021", "RB-2210")
    )  # fmt: skip
    return Calibration(schema="tournee/calibration/1", city=CITY, first_day=DAY, last_day=DAY, trucks=trucks)


def test_every_figure_comes_out_again(town: Town) -> None:
    """With baseline and coefficients of then, also when there are newer ones by now."""
    driven_day(town)
    accept(town, put_down(town))
    add_calibration(town.connection, calibration(0.7), who="awa", now=town.at)
    town.look(AFTER)
    line = town.line()
    assert (line.baseline_version, line.calibration) == (1, 1)
    assert differences(town) == []
    assert find_book(town.connection, CITY).version == 1
    add_calibration(town.connection, calibration(0.9), who="awa", now=town.at)
    assert differences(town) == []  # the line is still the one of version 1
    town.look()
    assert (town.line().calibration, town.line().reasons) == (2, ("calibration",))
    assert town.line().driven.fuel_l > line.driven.fuel_l
    assert differences(town) == []


def test_a_published_figure_that_was_changed_is_found(town: Town) -> None:
    driven_day(town)
    town.look(AFTER)
    with town.connection.transaction():
        town.connection.execute("ALTER TABLE savings_line DISABLE TRIGGER savings_line_stays")
        town.connection.execute(
            "UPDATE savings_line SET document = jsonb_set(document, '{fuel_saved_l}', '999') WHERE number = 1"
        )
        town.connection.execute("ALTER TABLE savings_line ENABLE TRIGGER savings_line_stays")
    (told,) = differences(town)
    assert told.startswith("fuel_saved_l: 999")


def test_a_line_of_another_arithmetic_is_no_replay(town: Town) -> None:
    driven_day(town)
    town.look(AFTER)
    with town.connection.transaction():
        town.connection.execute("ALTER TABLE savings_line DISABLE TRIGGER savings_line_stays")
        town.connection.execute("UPDATE savings_line SET document = jsonb_set(document, '{arithmetic}', '2')")
        town.connection.execute("ALTER TABLE savings_line ENABLE TRIGGER savings_line_stays")
    (told,) = differences(town)
    assert "arithmetic 2" in told


def test_a_strike_that_is_logged_takes_the_counterfactual_away(town: Town) -> None:
    """The plan was sent, nobody came: no litre was saved. Logged later, the day has a further line."""
    town.send(town.plan())
    town.look(AFTER)
    before = town.line()
    assert (before.fuel_saved_l or 0) <= 0  # nobody was heard of
    assert "nobody_heard" in before.provisional
    add_event(town.connection, CITY, LoggedEvent("strike", DAY, DAY, "salaires", "mairie", town.at))
    town.look()
    line = town.line()
    assert line.events == ("strike",)
    assert "log" in line.reasons
    assert line.baseline is not None
    assert (line.baseline.circuits, line.baseline.fuel_l) == (0, 0)


def test_the_commands_say_what_they_did(
    town: Town, empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the folder's circuits to a replayed month, by a town hall's hands; exit 1 where a figure differs."""
    driven_day(town)
    monkeypatch.setenv("TOURNEE_DATABASE_URL", empty_url)
    monkeypatch.setenv("TOURNEE_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()
    run = CliRunner()

    def told(*words: str, code: int = 0) -> str:
        result = run.invoke(ledger_app, list(words))
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    assert "put down as version 1" in told("freeze-baseline", CITY, "--by", "awa", "--flaw", "no Sunday")
    assert "counts from 2026-03-02 on" in told("accept-baseline", CITY, "1", "--from", "2026-03-02", "--by", "mairie")
    assert "known flaw: no Sunday" in told("baselines", CITY)
    file = tmp_path / "fuel.csv"
    file.write_text("receipt,truck,filled_at,fuel_l,odometer_km,source\nA1,RB-1021,2026-03-02 17:40,60,,receipt\n")
    assert "1 receipts added" in told("receipts", CITY, str(file), "--by", "awa")
    assert "too_few_fillings" in told("calibrate", CITY, "--by", "awa", code=1)
    period = ("--from", "2026-03-01", "--to", "2026-03-31")
    told("note", CITY, "--from", "2026-03-20", "--to", "2026-03-21", "--kind", "flood", "--remark", "x", "--by", "awa")
    assert "2026-03-20 to 2026-03-21 flood: x" in told("log", CITY)
    assert "0 published lines replayed" in told("replay", CITY, *period, code=1)
    town.look(AFTER)
    assert "1 published lines replayed, 0 differ" in told("replay", CITY, *period)


def test_lines_are_small(town: Town) -> None:
    """They stay for ever, one a fleet and day and more: a few kilobytes for two trucks."""
    driven_day(town)
    accept(town, put_down(town))
    town.look(AFTER)
    line = town.line()
    assert isinstance(line, SavingsComputed)
    assert len(line.to_bytes()) < 8_000
    assert line.computed_at > MORNING
