"""Whose a network's devices are and the keys of doors, in a real store by the command."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import app
from services.edges.door_registry import Key, Sender
from services.edges.store import hash_of, load_door_registry
from services.settings import settings
from services.store.connection import connect
from tests.support.web_seed import CITY, put_everything

EUI = "24e124713c141234"


@pytest.fixture(scope="module", autouse=True)
def _city(database_url: str) -> None:
    put_everything(database_url)


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", database_url)
    settings.cache_clear()


def run(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["device", *words])
    return ran.exit_code, " ".join(ran.stdout.split())


def test_list_is_shown_first_and_written_when_asked(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    file.write_text(f"dev_eui,container,model\n{EUI},B-001,EM400-MUD\n")
    assert run("add", CITY, "--from-chirpstack", str(file)) == (
        0,
        f"1 new · 0 changed · 0 as before + {EUI} is of B-001 (em400-mud) nothing is written yet: --apply",
    )
    assert (CITY, "containers", EUI) not in load_door_registry(database_url).named
    code, told = run("add", CITY, "--from-chirpstack", str(file), "--apply")
    assert (code, told.endswith("applied")) == (0, True)
    registry = load_door_registry(database_url)
    assert registry.find(CITY, "containers", EUI) == Sender("B-001", "em400-mud")
    assert registry.knows(CITY, "containers", "B-001")
    assert run("add", CITY, "--from-chirpstack", str(file))[1] == "0 new · 0 changed · 1 as before"
    file.write_text(f"dev_eui,container\n{EUI},B-999\n")
    code, told = run("add", CITY, "--from-chirpstack", str(file), "--apply")
    assert code == 1
    assert "line 2, container: 'B-999'" in told


def test_kind_that_cannot_be_read_costs_nobody_else_anything(database_url: str) -> None:
    """The bridge and the doors read this as they start."""
    with connect(database_url, name="test") as connection:
        connection.execute(
            "INSERT INTO registry_entry VALUES (%s, 'container_kind', 'odd', 99, '{\"id\": 5}')", (CITY,)
        )
    assert load_door_registry(database_url).knows(CITY, "containers", "B-001")


def test_key_opens_its_door_until_another_takes_its_place(database_url: str) -> None:
    _, first = run("key", CITY, "chirpstack")
    _, second = run("key", CITY, "chirpstack")
    _, tracker = run("key", CITY, "tracker", "C-02")
    keys = load_door_registry(database_url).keys
    assert hash_of(first) not in keys
    assert keys[hash_of(second)] == Key(CITY, "chirpstack", None)
    assert keys[hash_of(tracker)] == Key(CITY, "tracker", "C-02")
    assert run("key", CITY, "chirpstack", "--revoke")[0] == 0
    assert hash_of(second) not in load_door_registry(database_url).keys
    assert run("key", CITY, "tracker")[0] == 2
    assert run("key", CITY, "sigfox")[0] == 2
