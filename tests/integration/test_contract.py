"""The contract sheet of a town with two contractors, on a real PostgreSQL and a real socket."""

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import httpx
import psycopg
import pypdfium2
import pytest

from infra.migrate import migrate
from services.city.registry import Fleet
from services.contracts.contract import PenaltyAnswered
from services.ledger.contract_sheet import ContractSheet
from services.ledger.contract_store import read_sheet
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.writer.contract import store_answers
from services.writer.day import store_plans
from tests.support.contract_town import (
    LATE,
    OVER,
    OVER_SINCE,
    PENALTIES,
    StoringStream,
    contract_town,
    note_strike,
    put_half_a_day,
    put_overflow,
)
from tests.support.example_town import LORRIES, TIPPERS
from tests.support.ledger_town import CITY, DAY, Town
from tests.support.web_server import Running, serve

MONTH = date(2026, 3, 1)
END = datetime(2026, 4, 20, tzinfo=UTC)
"""After the month, and after the last answer that may come."""
PASSWORD = "une-longue-matinee"


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield Town(connection, contract_town())


def sheet_of(town: Town, fleet: str = LORRIES, now: datetime = END, month: date = MONTH) -> ContractSheet:
    found = next(row for row in town.registry.fleets if row.id == fleet)
    with town.connection.transaction():
        sheet = read_sheet(town.connection, town.registry.city, found, month, now)
    assert sheet is not None
    return sheet


def charged(sheet: ContractSheet) -> dict[str, int]:
    return {row.code: int(row.amount) for row in sheet.codes}


def test_day_half_done_is_charged_by_what_the_store_holds(town: Town) -> None:
    """Late by two hours and ten minutes with one hour's grace: two hours. One container blocked. No position came."""
    plan = put_half_a_day(town, late=LATE)
    sheet = sheet_of(town)
    assert charged(sheet) == {"P2": 20_000, "P3": 2_500, "P4": 20_000}
    assert (sheet.done.stops, sheet.done.stops_emptied) == (
        len(plan.circuits[0].stops),
        len(plan.circuits[0].stops) - 1,
    )
    assert sheet.done.planned_m == plan.totals.distance_m
    missed = next(line for line in sheet.lines if line.priced.penalty.code == "P3").priced.breach
    assert [tuple(stop) for stop in missed.proof.missed] == [(plan.circuits[0].stops[-1].place, "blocked")]
    assert missed.proof.plan_id == plan.plan_id
    tracking = next(line for line in sheet.lines if line.priced.penalty.code == "P4").priced.breach
    (row,) = town.rows("SELECT document ->> 'computation_id' AS id FROM savings_day WHERE fleet_id = %s", LORRIES)
    assert str(tracking.proof.line) == row["id"]


def test_fleet_of_which_nobody_says_a_word_has_not_done_its_circuit(town: Town) -> None:
    """The other contractor's sheet; the first one's is clean where everything was done and driven with GPS."""
    town.send(town.plan(fleet=TIPPERS))
    plan = town.send(town.plan(fleet=LORRIES))
    town.confirm(plan, plan.circuits[0].truck)
    town.drive(plan)
    town.look(datetime(2026, 3, 4, 4, tzinfo=UTC))
    assert charged(sheet_of(town, TIPPERS)) == {"P1": 150_000}
    assert sheet_of(town, LORRIES).lines == ()


def test_day_that_is_not_over_is_not_judged(town: Town) -> None:
    """At noon half of it is still to be driven."""
    put_half_a_day(town)
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert (sheet_of(town, now=noon).lines, sheet_of(town, now=noon).done.days) == ((), 0)


def test_plan_sent_in_the_middle_of_the_day_makes_nothing_undone(town: Town) -> None:
    """The circuit without its last containers, sent after the crew began: they were promised all the same, and when."""
    plan = put_half_a_day(town, late=LATE)
    (circuit,) = plan.circuits
    shorter = circuit.model_copy(update={"visits": (circuit.visits[0], circuit.stops[0], *circuit.visits[-2:])})
    later = plan.model_copy(update={"plan_id": uuid4(), "request_id": uuid4(), "circuits": (shorter,)})
    before = charged(sheet_of(town))
    town.write(store_plans, [later])
    town.send(later, at=circuit.stops[1].leave_at + LATE)
    assert charged(sheet_of(town)) == before


def test_plan_replaced_before_anybody_began_does_not_count(town: Town) -> None:
    """A dispatcher who sends again at five is not charged for what he thought better of."""
    first = town.send(town.plan(fleet=LORRIES), at=town.at)
    (circuit,) = first.circuits
    shorter = circuit.model_copy(update={"visits": (circuit.visits[0], circuit.stops[0], *circuit.visits[-2:])})
    later = first.model_copy(update={"plan_id": uuid4(), "request_id": uuid4(), "circuits": (shorter,)})
    town.write(store_plans, [later])
    town.send(later, at=town.at + timedelta(minutes=1))
    town.confirm(later, circuit.truck, 0, 1)
    town.drive(later)
    town.look(datetime(2026, 3, 4, 4, tzinfo=UTC))
    sheet = sheet_of(town)
    assert (sheet.done.stops, sheet.done.stops_emptied) == (1, 1)
    assert "P3" not in charged(sheet)


def test_overflow_is_charged_by_the_day_after_its_grace(town: Town) -> None:
    """30 hours with 24 of grace: one day begun. It ends where the level falls, though nobody said a word."""
    put_overflow(town.connection)
    (line,) = sheet_of(town).lines
    breach = line.priced.breach
    assert (breach.container, breach.happened_at, breach.measure) == (OVER, OVER_SINCE, 30)
    assert (breach.proof.readings, breach.proof.ended_by, line.priced.amount) == (30, "reading", 15_000)
    assert sheet_of(town, TIPPERS).lines == ()


def test_each_day_is_measured_by_the_contract_of_its_own_day(town: Town) -> None:
    """Dearer rows that are loaded later change nothing of what was before, nor does a contractor who is gone."""
    put_half_a_day(town)
    before = charged(sheet_of(town))
    town.at = datetime(2026, 3, 20, tzinfo=UTC)
    dearer = tuple(row.model_copy(update={"amount": row.amount * 10, "cap": None}) for row in PENALTIES)
    town.load(contract_town(dearer))
    assert charged(sheet_of(town)) == before == {"P3": 2_500, "P4": 20_000}
    town.at = datetime(2026, 4, 2, tzinfo=UTC)
    bare = contract_town(())
    fleets = tuple(fleet.model_copy(update={"contractor": None}) for fleet in bare.fleets)
    town.load(bare.model_copy(update={"fleets": fleets}))
    assert charged(sheet_of(town)) == before
    with town.connection.transaction():
        gone = read_sheet(town.connection, town.registry.city, fleets[0], date(2026, 5, 1), END)
    assert gone is None


def test_sheet_is_the_same_however_often_it_is_made(town: Town) -> None:
    """And an answer finds its line again."""
    put_half_a_day(town, late=LATE)
    first, again = sheet_of(town), sheet_of(town)
    assert first == again
    assert first.fingerprint == again.fingerprint


def test_what_was_said_is_only_ever_added_to(town: Town) -> None:
    put_half_a_day(town)
    line = sheet_of(town).lines[0].id
    said = PenaltyAnswered(
        id=uuid4(), city=CITY, fleet=LORRIES, line=line, words="Route coupée", answered_by="awa",
        answered_at=datetime(2026, 3, 5, tzinfo=UTC),
    )  # fmt: skip
    for _ in range(2):
        town.write(store_answers, [said])
    assert [answer.word for answer in sheet_of(town).lines[0].answers] == [said]
    with pytest.raises(psycopg.errors.RaiseException, match="never changed"), town.connection.transaction():
        town.connection.execute("UPDATE penalty_answer SET words = 'rien'")


def test_noted_strike_stands_beside_the_breaches_of_its_day(town: Town) -> None:
    """It waives nothing by itself: the municipality judges."""
    put_half_a_day(town)
    note_strike(town.connection, str(DAY))
    assert Counter(line.noted for line in sheet_of(town).lines) == {("strike",): 2}


@pytest.fixture
def web(town: Town, empty_url: str) -> Iterator[Running]:
    """The pages two days after a day half done, late."""
    put_half_a_day(town, late=LATE)
    with connect(empty_url, name="seed") as connection:
        add_account(connection, CITY, "awa", "operator", PASSWORD)
        add_account(connection, CITY, "mairie", "municipality", PASSWORD)
    with serve(empty_url, StoringStream(empty_url), datetime(2026, 3, 5, 9, tzinfo=UTC)) as running:
        yield running


def client_of(web: Running, login: str) -> httpx.Client:
    client = httpx.Client(base_url=web.url, timeout=30)
    order = {"city": CITY, "login": login, "password": PASSWORD}
    answer = client.post("/api/v1/session", json=order)
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def page_of(client: httpx.Client, path: str = "/contrat?mois=2026-03") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ")


def form_of(client: httpx.Client, **values: object) -> dict[str, object]:
    """What every form of the page sends."""
    return {"csrf_token": client.headers["X-CSRF-Token"], "flotte": LORRIES, "mois": "2026-03", **values}


def test_breach_is_answered_and_the_month_is_signed(web: Running, town: Town) -> None:
    """Proposal, answer, signature: who and when is on the page, and what was waived is not in the sum."""
    with closing(client_of(web, "awa")) as awa, closing(client_of(web, "mairie")) as mayor:
        page = page_of(awa)
        assert "Proposition à ce jour : 42 500 F CFA. Le mois ou un manquement court encore." in page
        assert "Circuit en retard · RB-1021" in page
        lines = re.findall(r'<li id="l-([0-9a-f-]+)"', page)
        assert len(lines) == 3
        said = awa.post("/contrat/repondre", data=form_of(awa, ligne=lines[0], reponse="Route coupée\r\npar le marché"))
        assert (said.status_code, said.headers["location"].endswith(f"#l-{lines[0]}")) == (303, True)
        assert "Réponse de awa, 5 mars 10:00 : Route coupée\npar le marché" in page_of(mayor)
        early = mayor.post("/contrat/signer", data=form_of(mayor, empreinte=sheet_of(town).fingerprint))
        assert (early.status_code, "Trop tôt pour signer" in early.text) == (409, True)

        web.clock.at = END
        assert 'action="/contrat/signer"' not in page_of(awa)
        page = page_of(mayor)
        assert "Proposition : 42 500 F CFA. Personne n'a signé." in page
        assert "P2 · 2 heures à 10 000 F CFA · après 60 min de tolérance" in page
        seen = re.search(r'name="empreinte" value="([0-9a-f]{64})"', page)
        assert seen
        other = mayor.post("/contrat/signer", data=form_of(mayor, empreinte="0" * 64))
        assert (other.status_code, "La fiche a changé" in other.text) == (409, True)
        sign = form_of(mayor, empreinte=seen[1], remettre=[lines[0]], remarque="Marché annuel")
        assert mayor.post("/contrat/signer", data=sign).status_code == 303
        waived = next(line for line in sheet_of(town).lines if str(line.id) == lines[0])
        kept = f"{42_500 - int(waived.priced.amount):,}".replace(",", " ")
        page = page_of(mayor)
        assert f"Signé par mairie le 20 avr. 01:00 : {kept} F CFA retenus." in page
        assert "Marché annuel" in page
        assert awa.post("/contrat/signer", data=sign).status_code == 403

        rows = list(csv.DictReader(io.StringIO(awa.get("/api/v1/contract.csv?month=2026-03&fleet=lorries").text)))
        assert {row["line"]: row["kept"] for row in rows} == {line: str(line != lines[0]).lower() for line in lines}
        assert {row["signed_by"] for row in rows} == {"mairie"}
    audited = town.rows(
        "SELECT who, what FROM audit WHERE what LIKE %s OR what LIKE %s ORDER BY 2", "pen%", "contract%"
    )
    assert [(row["who"], row["what"]) for row in audited] == [
        ("mairie", "contract sheet signed"), ("awa", "penalty answered"),
    ]  # fmt: skip


def test_answer_is_refused_after_its_days_and_of_what_is_no_line(web: Running, town: Town) -> None:
    """Nothing is taken, and why is said."""
    line = sheet_of(town).lines[0].id
    with closing(client_of(web, "awa")) as awa, closing(client_of(web, "mairie")) as mayor:
        assert awa.post("/contrat/repondre", data=form_of(awa, ligne=str(uuid4()), reponse="Non")).status_code == 404
        assert awa.post("/contrat/repondre", data=form_of(awa, ligne=str(line), reponse="   ")).status_code == 422
        assert awa.post("/contrat/repondre", data=form_of(awa, ligne=str(line), reponse="é" * 2001)).status_code == 422
        assert mayor.post("/contrat/repondre", data=form_of(mayor, ligne=str(line), reponse="Non")).status_code == 403
        forged = form_of(awa, ligne=str(line), reponse="Non") | {"csrf_token": "x"}
        assert awa.post("/contrat/repondre", data=forged).status_code == 403
        web.clock.at = END
        late = awa.post("/contrat/repondre", data=form_of(awa, ligne=str(line), reponse="Non"))
        assert (late.status_code, "délai de réponse est passé" in late.text) == (409, True)
    assert town.rows("SELECT FROM penalty_answer") == []


def test_sheet_on_paper_says_what_the_page_says(web: Running) -> None:
    with closing(client_of(web, "mairie")) as mayor:
        answer = mayor.get("/api/v1/contract.pdf?month=2026-03&fleet=lorries")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        told = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.content))
        told = " ".join(told.split())
        for word in ("Fiche de contrat · Mono Propreté", "42 500 F CFA", "RB-1021", "Pour accord", "accès bloqué"):
            assert word in told


def test_unknown_fleet_and_month_are_not_found(web: Running) -> None:
    with closing(client_of(web, "mairie")) as mayor:
        for path in (
            "/contrat?flotte=carts",
            "/contrat?mois=2026-02",
            "/contrat?mois=mars",
            "/api/v1/contract.csv?month=1",
        ):
            assert mayor.get(path).status_code == 404
        assert "aucune journée" in page_of(mayor, f"/contrat?flotte={TIPPERS}").lower()


def test_city_without_a_contractor_is_told_how_to_have_a_sheet(web: Running, town: Town) -> None:
    bare = contract_town(())
    town.load(
        bare.model_copy(
            update={"fleets": tuple(Fleet(id=row.id, name=row.name, zones=row.zones) for row in bare.fleets)}
        )
    )
    with closing(client_of(web, "mairie")) as mayor:
        assert "Aucune flotte n'a de prestataire" in page_of(mayor, "/contrat")
        assert mayor.get("/api/v1/contract.csv").status_code == 404
