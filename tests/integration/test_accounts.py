"""`tournee account`: logins added, listed, removed and let in again, against a real store."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from services.cli.app import app
from services.store.connection import connect
from tests.support.web_seed import CITY, DRIVER, OPERATOR
from tests.support.web_server import Running, client_of

Run = Callable[..., Result]


@pytest.fixture
def run(web: Running, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, on the store of the seeded city."""
    del web
    monkeypatch.setenv("TOURNEE_DATABASE_URL", database_url)
    return lambda *words, typed="": CliRunner().invoke(app, ["account", *words], input=typed)


def test_driver_needs_a_truck_of_the_city(run: Run) -> None:
    """A typing mistake would make a login that never shows a circuit: refused, with the trucks there are."""
    told = run("add", CITY, "T77", "--role", "driver", "--truck", "T77", typed="")
    assert told.exit_code != 0
    assert "no truck 'T77'; its trucks are C-01, C-02, C-03, T-04, T-05" in str(told.exception)
    assert "T77" not in run("list", CITY).output


def test_list_names_roles_trucks_and_rests(run: Run, database_url: str) -> None:
    """Who can log in, and who has to wait, at one look."""
    with connect(database_url, name="test") as connection:
        connection.execute(
            "UPDATE account SET failed_attempts = 5, locked_until = %s WHERE login = 'C-02'",
            (datetime.now(UTC) + timedelta(minutes=4, seconds=30),),
        )
    lines = [line.split() for line in run("list", CITY).output.splitlines()]
    assert lines == [
        ["login", "role", "truck", "rests", "for"],
        ["C-01", "driver", "C-01"],
        ["C-02", "driver", "C-02", "5", "min"],
        ["C-03", "driver", "C-03"],
        ["mairie", "municipality"],
        ["awa", "operator"],
    ]
    assert run("unlock", CITY, "C-02").exit_code == 0
    assert "min" not in run("list", CITY).output


def test_city_without_accounts_says_how_to_make_one(run: Run) -> None:
    """An empty table would tell nobody what to do."""
    assert "tournee account add nulle-part LOGIN --role operator" in run("list", "nulle-part").output


@pytest.mark.parametrize("command", ["remove", "unlock"])
def test_unknown_login_is_named_with_those_there_are(run: Run, command: str) -> None:
    """Nothing is done quietly to nobody."""
    told = run(command, CITY, "C-99")
    assert told.exit_code != 0
    assert "no such account; its accounts are C-01, C-02, C-03, awa, mairie" in str(told.exception)


def test_removed_login_stays_out_even_when_made_anew(run: Run, web: Running) -> None:
    """A phone that was lost with its session must not open the account of the same name made after it."""
    with closing(client_of(web, ("C-03", DRIVER[1]))) as lost:
        assert lost.get("/api/v1/session").status_code == 200
        assert run("remove", CITY, "C-03").exit_code == 0
        assert lost.get("/api/v1/session").status_code == 401
        again = run("add", CITY, "C-03", "--role", "driver", "--truck", "C-03", typed="")
        assert again.exit_code == 0, again.output
        assert lost.get("/api/v1/session").status_code == 401


def test_operator_lets_a_crew_try_again(web: Running, database_url: str) -> None:
    """The crew is on the telephone; the page says whose code rests, and one button ends it."""
    with connect(database_url, name="test") as connection:
        connection.execute(
            "UPDATE account SET failed_attempts = 5, locked_until = now() + interval '5 min' WHERE login = 'C-01'"
        )
    office = client_of(web, OPERATOR)
    assert office.get("/api/v1/state").json()["resting"] == ["C-01"]
    assert "C-01 ne peut pas se connecter" in office.get("/operateur").text
    form = {"csrf_token": office.headers["X-CSRF-Token"], "login": "C-01"}
    assert office.post("/operateur/rouvrir", data=form).status_code == 303
    assert office.get("/api/v1/state").json()["resting"] == []
    assert office.post("/operateur/rouvrir", data=form | {"login": "C-99"}).status_code == 404
    assert office.post("/operateur/rouvrir", data=form | {"csrf_token": "guess"}).status_code == 403
    client_of(web, DRIVER).close()
    office.close()
