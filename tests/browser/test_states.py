"""The looks that are easily left over: no city, no plan, nothing due, no data, days that cost more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, expect

from services.contracts.planning import PlanMade, PlanningProgressed, Totals
from services.store.connection import connect
from tests.support.web_browser import log_in
from tests.support.web_seed import (
    CITY,
    NOW,
    OPERATOR,
    make_plan,
    november,
    put_city,
    put_plan,
    put_run,
    put_savings,
    savings_day,
)
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]


@contextmanager
def _bare(database_url: str) -> Iterator[Running]:
    with serve(database_url, MemoryStream(), NOW) as running:
        yield running


@pytest.fixture(scope="module")
def town(database_url: str) -> Iterator[Running]:
    """A real (not simulated) town on its first day, with assumptions to complete."""
    with _bare(database_url) as running, connect(database_url, name="seed") as connection:
        put_city(connection, simulated=False, assumptions=["distances à la décharge", "poids par bac"])
        connection.commit()
        yield running


def test_no_city_yet(stack: object, database_url: str, open_context: Open, shoot: Shoot) -> None:
    """The technician's first look says what to do next."""
    del stack
    with _bare(database_url) as running:
        page = open_context(360, 740).new_page()
        page.goto(running.url)
        shoot(page, "public-no-city")
        assert "tournee city load" in page.inner_text("main")


def test_first_day_claims_nothing(town: Running, open_context: Open, shoot: Shoot) -> None:
    """Without a counted day there is no figure, and districts are "not counted yet", not "not served"."""
    page = open_context().new_page()
    page.goto(town.url)
    shoot(page, "public-no-data", whole=True)
    expect(page.locator("h1")).to_have_text("Pas encore de journée comptée")
    assert "non desservi" not in page.inner_text(".zones")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("nothing_due", "Aucun bac à vider"),
        ("no_truck", "Aucun camion disponible"),
        ("disposal_closed", "Décharge fermée"),
    ],
)
def test_day_without_circuits_says_why(
    town: Running, database_url: str, open_context: Open, shoot: Shoot, status: str, sentence: str
) -> None:
    """An empty plan is an answer, with its reason and the next step."""
    day = date(2026, 12, 1 + len(status))
    empty: PlanMade = make_plan(uuid4(), uuid4(), day).model_copy(
        update={"status": status, "circuits": (), "unserved": (), "totals": Totals(), "baseline": None}
    )
    with connect(database_url, name="seed") as connection:
        put_plan(connection, empty)
    page = open_context().new_page()
    log_in(page, town, OPERATOR, f"/operateur?jour={day}")
    shoot(page, f"operator-{status}")
    expect(page.locator(".verdict h2")).to_have_text(sentence)
    expect(page.locator(".notice").first).to_contain_text("À compléter")


def test_failed_planning_says_what_is_safe(town: Running, database_url: str, open_context: Open, shoot: Shoot) -> None:
    """What happened, what is safe, what to do."""
    day = date(2026, 12, 20)
    run = PlanningProgressed(
        request_id=uuid4(), city=CITY, day=day, state="failed", time_limit_s=30, happened_at=NOW, detail="Aucune route."
    )
    with connect(database_url, name="seed") as connection:
        put_run(connection, run)
    page = open_context().new_page()
    log_in(page, town, OPERATOR, f"/operateur?jour={day}")
    shoot(page, "operator-failed")
    expect(page.get_by_role("alert")).to_contain_text("Planifiez à nouveau")


def test_refusal_of_the_planner_is_said_in_the_reader_s_words(
    town: Running, database_url: str, open_context: Open, shoot: Shoot
) -> None:
    """Somebody changed the plan while it was solved around: French on the French page, not the planner's English."""
    day = date(2026, 12, 21)
    run = PlanningProgressed(
        request_id=uuid4(), city=CITY, day=day, state="failed", time_limit_s=8, happened_at=NOW,
        detail="the plan cannot be changed so: changed_meanwhile", refusal="changed_meanwhile",
    )  # fmt: skip
    with connect(database_url, name="seed") as connection:
        put_run(connection, run)
    page = open_context().new_page()
    log_in(page, town, OPERATOR, f"/operateur?jour={day}")
    shoot(page, "operator-refused")
    expect(page.get_by_role("alert")).to_contain_text("Quelqu'un a changé ce plan")
    expect(page.get_by_role("alert")).not_to_contain_text("cannot")


def test_days_that_cost_more_are_shown_too(town: Running, database_url: str, open_context: Open, shoot: Shoot) -> None:
    """The ledger does not hide a loss."""
    with connect(database_url, name="seed") as connection:
        put_savings(connection, november(0.93, simulated=False))
    page = open_context().new_page()
    page.goto(town.url)
    shoot(page, "public-lost", whole=True)
    expect(page.locator("h1")).to_contain_text("de plus")
    expect(page.locator(".period .mark")).to_have_text("estimé")


def test_months_stand_side_by_side_once_there_are_two(
    town: Running, database_url: str, open_context: Open, shoot: Shoot
) -> None:
    """Two months that saved and two that cost more, each leading to its days."""
    with connect(database_url, name="seed") as connection:
        put_savings(connection, november(0.93, simulated=False))
        for month, factor in ((8, 1.3), (9, 1.22), (10, 0.95)):
            days = (date(2026, month, day) for day in range(1, 28))
            put_savings(connection, [savings_day(day, factor, simulated=False) for day in days])
    for width, name in ((1366, "months"), (360, "phone-months")):
        page = open_context(width, 768).new_page()
        page.goto(town.url)
        months = page.locator(".of-months")
        expect(months.locator(".chart .bar-saved")).to_have_count(4)
        months.locator("summary").click()
        expect(months.locator("tbody tr")).to_have_count(4)
        shoot(page, f"public-{name}", whole=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="octobre 2026").first.click()
    expect(page.locator("h1")).to_contain_text("octobre 2026")
