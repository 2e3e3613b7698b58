"""Versions of the registry on a real PostgreSQL: each read back as it was loaded, at the cost of what it changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.store import find_registry, store_registry
from services.city.versions import (
    compare_versions,
    find_registry_version,
    find_version,
    is_as_recorded,
    list_versions,
)
from services.city.write import write_folder
from services.cli.city import city_app
from services.clock import SimulatedClock
from services.contracts.fields import Message
from services.contracts.planning import PlanMade
from services.planning.planner import Planner
from services.settings import settings
from services.store.connection import Connection, connect
from tests.support.example_town import example_town
from tests.support.orders import day_order

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CITY = "houeyogbe"


@pytest.fixture
def store_url(empty_url: str) -> str:
    """A migrated store of this test's own."""
    migrate(empty_url)
    return empty_url


@pytest.fixture
def connection(store_url: str) -> Iterator[Connection]:
    with connect(store_url, name="test") as opened:
        yield opened


@pytest.fixture
def town() -> Registry:
    return example_town()


def load(connection: Connection, registry: Registry, *, who: str = "awa", hours: int = 0) -> int | None:
    report = store_registry(connection, registry, who=who, now=NOW + timedelta(hours=hours))
    connection.commit()
    return report.version


def history(town: Registry) -> list[Registry]:
    """Six loads of one city: a truck changed, rows gone, another order, a basemap, and back to the first."""
    first_truck, *other_trucks = town.trucks
    late = town.model_copy(update={"trucks": (first_truck.model_copy(update={"in_service": False}), *other_trucks)})
    gone = town.containers[-1].id
    smaller = late.model_copy(
        update={
            "containers": town.containers[:-1],
            "baseline": tuple(stop for stop in town.baseline if stop.container != gone),
        }
    )
    turned = smaller.model_copy(update={"depots": town.depots[::-1], "containers": smaller.containers[::-1]})
    drawn = turned.model_copy(update={"basemap": {"type": "FeatureCollection", "features": []}})
    dearer = drawn.city.prices.model_copy(update={"fuel_per_l": 711.0})
    priced = drawn.model_copy(update={"city": drawn.city.model_copy(update={"prices": dearer})})
    return [town, late, smaller, turned, drawn, priced, town]


def test_every_version_reads_back_equal_to_what_was_loaded(connection: Connection, town: Registry) -> None:
    """An auditor's question years later: what did the city look like when this plan was made?"""
    loads = history(town)
    assert [load(connection, registry) for registry in loads] == list(range(1, len(loads) + 1))
    for version, registry in enumerate(loads, start=1):
        assert find_registry_version(connection, CITY, version) == registry
    assert find_registry(connection, CITY) == town
    assert find_registry_version(connection, CITY, len(loads) + 1) is None
    assert find_registry_version(connection, CITY, 0) is None
    assert find_registry_version(connection, "nowhere", 1) is None


def test_a_load_that_changes_nothing_writes_no_version(connection: Connection, town: Registry) -> None:
    """Loading each night by a timer must not make three hundred versions a year."""
    assert find_version(connection, CITY) is None
    assert load(connection, town) == 1
    assert load(connection, town, who="kofi", hours=1) == 1
    assert [(v.version, v.who, v.loaded_at) for v in list_versions(connection, CITY)] == [(1, "awa", NOW)]


def test_a_version_says_who_when_and_what_changed(connection: Connection, town: Registry) -> None:
    """From the list to the values, old and new."""
    for hours, registry in enumerate(history(town)):
        load(connection, registry, who=f"person {hours}", hours=hours)
    versions = list_versions(connection, CITY)
    second, third, fourth = versions[1:4]
    assert (second.who, second.loaded_at) == ("person 1", NOW + timedelta(hours=1))
    assert {file: (c.added, c.changed, c.removed) for file, c in second.counts.items()} == {"trucks.csv": (0, 1, 0)}
    changes = compare_versions(connection, CITY, 2).detail()
    assert changes == {"trucks.csv": {"changed": {town.trucks[0].id: {"in_service": [True, False]}}}}
    assert third.counts["containers.csv"].removed == 1
    assert fourth.counts == {}  # rows in another order, none other
    assert compare_versions(connection, CITY, 4).detail()["containers.csv"] == {"reordered": True}
    assert compare_versions(connection, CITY, 1).counts["containers.csv"].added == len(town.containers)


def test_fingerprints_tell_equal_versions_and_altered_rows(connection: Connection, town: Registry) -> None:
    """The same city has the same fingerprint whenever it is loaded; a row altered behind its back shows."""
    loads = history(town)
    for registry in loads:
        load(connection, registry)
    prints = [version.sha256 for version in list_versions(connection, CITY)]
    assert prints[0] == prints[-1]
    assert len(set(prints)) == len(loads) - 1
    assert all(is_as_recorded(connection, CITY, version) for version in range(1, len(loads) + 1))
    connection.execute(
        "UPDATE registry_row SET document = jsonb_set(document, '{capacity_kg}', '1')"
        " WHERE kind = 'truck_class' AND from_version = 1 AND entry_id = %s",
        [town.truck_classes[0].id],
    )
    assert not is_as_recorded(connection, CITY, 1)


def test_one_changed_truck_adds_one_row(connection: Connection, town: Registry) -> None:
    """A city of 50,000 containers must not be copied because a truck is in the workshop."""
    load(connection, town)
    before = rows(connection)
    for hours in range(1, 6):
        truck = town.trucks[0].model_copy(update={"in_service": bool(hours % 2 == 0)})
        load(connection, town.model_copy(update={"trucks": (truck, *town.trucks[1:])}), hours=hours)
    assert rows(connection) == before + 5


def rows(connection: Connection) -> int:
    found = connection.execute("SELECT count(*) AS n FROM registry_row").fetchone()
    assert found is not None
    return int(found["n"])


def test_what_another_hand_changed_is_in_the_next_version(connection: Connection, town: Registry) -> None:
    """A row changed by SQL and then in the folder too: no difference for the tables, one for the versions."""
    load(connection, town)
    kind = town.container_kinds[0]
    connection.execute(
        "UPDATE registry_entry SET document = jsonb_set(document, '{service_s}', '77')"
        " WHERE kind = 'container_kind' AND entry_id = %s",
        [kind.id],
    )
    followed = town.model_copy(
        update={"container_kinds": (kind.model_copy(update={"service_s": 77}), *town.container_kinds[1:])}
    )
    assert load(connection, followed) == 2
    assert find_registry_version(connection, CITY, 1) == town
    assert find_registry_version(connection, CITY, 2) == followed


def test_a_load_that_is_undone_leaves_no_version(connection: Connection, town: Registry) -> None:
    """Killed before its commit, it never was."""
    load(connection, town)
    with connection.transaction(force_rollback=True):
        assert store_registry(connection, history(town)[1], who="awa", now=NOW).version == 2
    assert find_version(connection, CITY) == 1
    assert find_registry_version(connection, CITY, 1) == town


class Published:
    """Keeps what the planner publishes."""

    def __init__(self) -> None:
        self.plans: list[PlanMade] = []

    def publish(self, topic: str, key: bytes, message: Message) -> None:  # noqa: ARG002
        if isinstance(message, PlanMade):
            self.plans.append(message)


def test_a_plan_names_the_version_it_was_made_from(connection: Connection, town: Registry) -> None:
    """Also the one made while a newer version is being loaded: registry and number are read as of one instant."""
    published, clock = Published(), SimulatedClock(NOW, 0.0, 0.0)
    planner = Planner(published, clock)
    for registry in history(town)[:2]:
        load(connection, registry)
        order = day_order(CITY, NOW.date(), NOW)
        planner.carry_out(connection, order.model_copy(update={"request_id": uuid4()}))
    assert [plan.registry_version for plan in published.plans] == [1, 2]


def test_two_cities_count_their_own_versions(connection: Connection, town: Registry) -> None:
    other = town.model_copy(update={"city": town.city.model_copy(update={"id": "se", "name": "Sè"})})
    load(connection, town)
    load(connection, other)
    assert load(connection, history(town)[1]) == 2
    assert find_version(connection, "se") == 1
    assert find_registry_version(connection, "se", 1) == other


def test_the_commands_list_show_and_write_versions(
    town: Registry, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A technician gets last month's folder back with one command."""
    monkeypatch.setenv("TOURNEE_DATABASE_URL", store_url)
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    run = CliRunner().invoke
    for number, registry in enumerate(history(town)[:2]):
        write_folder(registry, tmp_path / f"city{number}")
        told = run(city_app, ["load", str(tmp_path / f"city{number}"), "--who", "awa"]).output
        assert f"version {number + 1}" in told
    listed = run(city_app, ["versions", CITY]).output
    assert "awa" in listed
    assert "trucks.csv 1 changed" in listed
    shown = run(city_app, ["show", CITY, "--version", "2"]).output
    assert f"trucks.csv {town.trucks[0].id}: in_service True -> False" in shown
    assert run(city_app, ["show", CITY]).output == shown  # the latest
    assert "containers.csv 12 added" in run(city_app, ["show", CITY, "--version", "1"]).output
    assert run(city_app, ["show", CITY, "--version", "1", "--out", str(tmp_path / "then")]).exit_code == 0
    assert read_folder(tmp_path / "then").registry == town
    for wrong in (["show", CITY, "--version", "9"], ["versions", "nowhere"], ["show", "nowhere"]):
        answer = run(city_app, wrong)
        assert answer.exit_code == 1
        assert "tournee city" in answer.output
    settings.cache_clear()
