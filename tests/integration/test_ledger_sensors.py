"""What sensors saved, told from a real PostgreSQL: four weeks as the writer would have them, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.cli.ledger import ledger_app
from services.contracts.ledger import DayFigures, SavedByCause, SavingsComputed
from services.contracts.planning import PlanMade
from services.contracts.telemetry import ReadingReceived
from services.ledger.sensors import NotTold, SavedBySensors
from services.ledger.sensors_store import sensors_of_period
from services.roads.roads import estimated_roads
from services.settings import settings
from services.store.connection import connect
from services.writer.day import store_plans, store_savings
from services.writer.telemetry import store_readings
from tests.support.ledger_town import CITY, DAY, Town

DAYS = 28
FIRST, LAST = DAY + timedelta(days=14), DAY + timedelta(days=DAYS - 1)
AFTERWARDS = datetime(2026, 4, 1, 6, tzinfo=UTC)
"""When a day and more has gone since the last."""


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield Town(connection)


def lived(town: Town) -> None:
    """The same plan each day, sent and done, with readings each two hours and a line of the ledger."""
    plan = town.plan()
    for number in range(DAYS):
        of_day = moved(plan, number)
        if number:
            town.at = of_day.made_at
            town.write(store_plans, [of_day])
        town.send(of_day, of_day.made_at)
        for circuit in of_day.circuits:
            town.confirm(of_day, circuit.truck, fill_ratio_seen=0.5)
        town.write(store_savings, [line(of_day)])
        town.write(
            store_readings, [reading(c.id, number, hour) for c in town.registry.containers for hour in range(0, 24, 2)]
        )


def moved(plan: PlanMade, days: int) -> PlanMade:
    """The plan as if it were of so many days later."""
    later = timedelta(days=days)

    def shifted(value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value + later
        if isinstance(value, dict):
            return {name: shifted(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(shifted(one) for one in value)
        return value

    fields = shifted(plan.model_dump())
    return PlanMade.model_validate({**fields, "plan_id": UUID(int=plan.plan_id.int + days), "request_id": uuid4()})


def line(plan: PlanMade) -> SavingsComputed:
    burnt = DayFigures(circuits=2, stops=12, trips=2, distance_m=40_000, service_s=1800, fuel_l=20, collected_kg=900)
    before = burnt.model_copy(update={"fuel_l": 30.0})
    over_at = datetime.combine(plan.day + timedelta(days=1), datetime.min.time(), UTC)
    return SavingsComputed(
        computation_id=uuid4(), city=CITY, day=plan.day, computed_at=over_at, finished=True, plan_id=plan.plan_id,
        driven=burnt, driven_from="plan", road_factor=1.0, baseline=before, fuel_saved_l=10.0, fuel_saved_ratio=1 / 3,
        money_saved=7000.0, co2e_saved_kg=26.6, currency="XOF", population=1000, served_people=900, zones=(),
        simulated=True, registry_version=1, confirmations=12, latest_fix_at=None,
        by_cause=SavedByCause(choice_l=6, routing_l=4),
    )  # fmt: skip


def reading(container: str, number: int, hour: int) -> ReadingReceived:
    """A quarter of the volume comes in each day, emptied at ten."""
    at = datetime.combine(DAY + timedelta(days=number), datetime.min.time(), UTC) + timedelta(hours=hour)
    filled_h = hour - 10 if hour >= 10 else hour + 14
    return ReadingReceived(
        city=CITY, container=container, happened_at=at, received_at=at, fill_ratio=round(0.25 * filled_h / 24, 3)
    )


def told(town: Town, first: date = FIRST, last: date = LAST, now: datetime = AFTERWARDS) -> SavedBySensors:
    return sensors_of_period(
        town.connection, town.registry, first, last, now=now, roads_of=estimated_roads, tell=lambda *_: None
    )


def test_the_same_days_tell_the_same(
    town: Town, empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the function and by the command, twice; the causes are the whole saving of the lines."""
    lived(town)
    found = told(town)
    assert found == told(town, now=AFTERWARDS + timedelta(days=30))
    assert (found.days, found.begun, found.with_sensor) == (14, DAY, len(town.registry.containers))
    assert found.choice_l + found.sensors_l == pytest.approx(14 * 6, abs=0.02)
    assert found.routing_l == pytest.approx(14 * 4)
    assert found.told_share == 1
    assert found.simulated

    monkeypatch.setenv("TOURNEE_DATABASE_URL", empty_url)
    monkeypatch.setenv("TOURNEE_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()
    result = CliRunner().invoke(
        ledger_app, ["sensors", CITY, "--from", str(FIRST), "--to", str(LAST), "--json"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.output.splitlines()[-1])["sensors_l"] == found.sensors_l


def test_what_cannot_be_told_is_said_in_words(town: Town) -> None:
    """No day at all; a period whose last words may still come."""
    with pytest.raises(NotTold, match="has no line up to 2026-03-30"):
        told(town)
    with pytest.raises(NotTold, match="ask then, or for less"):
        told(town, now=datetime(2026, 3, 31, 12, tzinfo=UTC))
