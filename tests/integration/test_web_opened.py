"""A long plan's list: circuits without their stops, a ladder that comes later, each by a link and for the script."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from services.contracts.planning import PlanMade
from services.store.connection import connect
from services.web.operator import panel
from tests.support.web_seed import CITY, NOW, OPERATOR, PLAN, make_plan
from tests.support.web_server import LogIn

MISSING = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every plan is a long one."""
    monkeypatch.setattr(panel, "MOST_STOPS_WHOLE", 0)


@pytest.fixture
def plan() -> PlanMade:
    return make_plan()


def listed(text: str, number: int) -> bool:
    """Whether a page holds the stops of a circuit."""
    return f"/circuits/{number}.gpx" in text


@pytest.mark.parametrize("page", ["/operateur", "/operateur/panneau"])
def test_long_list_names_its_circuits_and_leads_to_their_stops(log_in: LogIn, plan: PlanMade, page: str) -> None:
    client = log_in(OPERATOR)
    text = client.get(page).text
    for circuit in plan.circuits:
        link = f"/operateur?jour={plan.day}&amp;plan={PLAN}&amp;circuit={circuit.number}#stops-{circuit.number}"
        assert link in text
        assert not listed(text, circuit.number)
    assert "frise=1#ladder" in text
    assert 'class="ladder' not in text


def test_what_the_address_names_is_in_the_page(log_in: LogIn, plan: PlanMade) -> None:
    """A circuit, the circuit of a container, the ladder: so each link works without a script."""
    client = log_in(OPERATOR)
    third = client.get("/operateur?circuit=3").text
    assert [listed(third, circuit.number) for circuit in plan.circuits] == [False, False, True, False]
    of_container = client.get(f"/operateur?bac={plan.circuits[1].stops[0].place}").text
    assert [listed(of_container, circuit.number) for circuit in plan.circuits] == [False, True, False, False]
    assert 'class="ladder' in client.get("/operateur?frise=1").text


def test_opened_circuit_has_what_the_whole_list_has(
    log_in: LogIn, plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for alone, a circuit reads as in the page, to the letter: marks, words of the crew, costs."""
    client = log_in(OPERATOR)
    opened = [client.get(f"/operateur/arrets?plan={PLAN}&circuit={row.number}").text.strip() for row in plan.circuits]
    monkeypatch.setattr(panel, "MOST_STOPS_WHOLE", 10_000)
    whole = client.get("/operateur").text
    assert all(part in whole for part in opened)
    assert "outcome-skipped" in opened[1]  # what the seeded crew of C-02 has said


def test_only_circuits_of_the_plan_are_opened(log_in: LogIn) -> None:
    client = log_in(OPERATOR)
    assert client.get(f"/operateur/arrets?plan={PLAN}&circuit=9").status_code == 404
    assert client.get(f"/operateur/arrets?plan={MISSING}&circuit=1").status_code == 404


@pytest.mark.usefixtures("spoken")
def test_rows_and_stops_follow_the_crews_each_by_its_own_key(log_in: LogIn, plan: PlanMade, database_url: str) -> None:
    """Both parts are kept as they were written: a word of a crew writes anew what it changes, in both."""
    client = log_in(OPERATOR)
    circuit = plan.circuits[0]
    before = client.get("/operateur?circuit=1").text
    assert f'data-handled="1">0</span>/{len(circuit.stops)}' in before
    with connect(database_url, name="test") as connection:
        connection.execute(
            "INSERT INTO confirmation VALUES (%s, %s, %s, %s, 'stop', %s, 'done', NULL, NULL, %s, %s, %s)",
            (MISSING, CITY, circuit.truck, PLAN, circuit.stops[0].place, NOW, NOW + timedelta(seconds=1), "C-01"),
        )
    after = client.get("/operateur?circuit=1").text
    assert f'data-handled="1">1</span>/{len(circuit.stops)}' in after
    assert (before.count("outcome-done"), after.count("outcome-done")) == (0, 1)


@pytest.fixture
def spoken(database_url: str) -> Iterator[None]:
    """Takes back what the test lets the crew say."""
    yield
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM confirmation WHERE confirmation_id = %s", (MISSING,))
