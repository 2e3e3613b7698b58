"""The contract sheet: a page, the same as rows and on paper, and what is said on it."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City, Fleet
from services.contracts.contract import LONGEST_ANSWER, MOST_LINES
from services.ledger.contract_sheet import ContractSheet
from services.ledger.contract_store import is_answer_stored, is_signature_stored, list_months, read_sheet
from services.store.connection import Connection
from services.web.contract.acts import answer, sign
from services.web.contract.paper import draw_sheet
from services.web.contract.rows import COLUMNS, rows_of
from services.web.contract.telling import links_of, missed_of, name_of, price_of, proof_of, state_of
from services.web.figures.days import today_in
from services.web.rendering.pages import get_page
from services.web.rendering.pdf import pdf_answer
from services.web.rendering.problems import NotFound
from services.web.rendering.tables import csv_answer
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.fleets import fleets_seen
from services.web.requests.guards import (
    OfficeSession,
    OperatorSession,
    SessionCity,
    SigningSession,
    WithTokens,
    check_csrf,
)
from services.web.requests.waiting import wait_until

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["downloads"])

Month = Annotated[str | None, Query(description="like 2026-11; the latest where none is named")]


@dataclass(frozen=True)
class Choice:
    """Which fleet and month an address means, and which others there are."""

    fleets: tuple[Fleet, ...]
    """Those with a contractor."""
    fleet: Fleet
    months: list[date]
    month: date

    def query(self, month: date | None = None, fleet: str = "") -> str:
        return f"mois={(month or self.month):%Y-%m}&flotte={fleet or self.fleet.id}"

    @property
    def previous(self) -> date | None:
        return max((other for other in self.months if other < self.month), default=None)

    @property
    def following(self) -> date | None:
        return min((other for other in self.months if other > self.month), default=None)


def choose(connection: Connection, city: City, deps: Deps, fleet: str | None, month: str | None) -> Choice | None:
    """None in a city without a contractor.

    Raises:
        NotFound: no contractor has that fleet, or nothing was sent to it in that month.
    """
    fleets = tuple(row for row in fleets_seen(connection, city) if row.contractor)
    if not fleets:
        return None
    chosen = next((row for row in fleets if fleet in {None, row.id}), None)
    if chosen is None:
        raise NotFound
    today = today_in(city, deps.clock.now())
    months = list_months(connection, city, chosen.id, today) or [today.replace(day=1)]
    wanted = months[-1] if month is None else next((row for row in months if f"{row:%Y-%m}" == month), None)
    if wanted is None:
        raise NotFound
    return Choice(fleets, chosen, months, wanted)


def _sheet(
    connection: Connection, city: City, deps: Deps, fleet: str | None, month: str | None
) -> tuple[Choice, ContractSheet]:
    """Raises: NotFound, where there is no such sheet."""
    choice = choose(connection, city, deps, fleet, month)
    sheet = read_sheet(connection, city, choice.fleet, choice.month, deps.clock.now()) if choice else None
    if choice is None or sheet is None:
        raise NotFound
    return choice, sheet


@pages.get("/contrat")
def contract_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    mois: str | None = None,
    flotte: str | None = None,
) -> Response:
    """Of a month under way too, as far as its days are over."""
    page = get_page(request)
    choice = choose(connection, city, deps, flotte, mois)
    sheet = read_sheet(connection, city, choice.fleet, choice.month, deps.clock.now()) if choice else None
    t, w = page.texts_for(request), page.words_for(request, city)
    return page.render(
        request, "contract/page.html", city=city, session=session, csrf=tokens.csrf(session.nonce), choice=choice,
        sheet=sheet, longest=LONGEST_ANSWER, name_of=partial(name_of, t=t), proof_of=partial(proof_of, t=t, w=w),
        missed_of=partial(missed_of, t=t), price_of=partial(price_of, t=t, w=w, currency=city.currency),
        state_of=partial(state_of, t=t, w=w), links_of=partial(links_of, t=t, is_operator=session.may("day")),
    )  # fmt: skip


@pages.post("/contrat/repondre")
def answer_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    flotte: Annotated[str, Form()],
    mois: Annotated[str, Form()],
    ligne: Annotated[UUID, Form()],
    reponse: Annotated[str, Form(min_length=1, max_length=LONGEST_ANSWER, pattern=r"\S")],
) -> Response:
    """Who plans and follows the fleet speaks for its contractor."""
    check_csrf(csrf_token, session, tokens)
    choice, sheet = _sheet(transaction.connection, city, deps, flotte, mois)
    said = answer(deps, transaction, sheet, session, ligne, _plain(reponse))

    def is_stored() -> bool:
        with deps.looking() as connection:
            return is_answer_stored(connection, said.id)

    wait_until(is_stored)
    return RedirectResponse(f"/contrat?{choice.query()}#l-{ligne}", status_code=303)


@pages.post("/contrat/signer")
def sign_form(
    session: SigningSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    flotte: Annotated[str, Form()],
    mois: Annotated[str, Form()],
    empreinte: Annotated[str, Form(max_length=64)],
    remettre: Annotated[list[UUID] | None, Form(max_length=MOST_LINES)] = None,
    remarque: Annotated[str, Form(max_length=LONGEST_ANSWER)] = "",
) -> Response:
    """Whose money it is signs, never those whose work it measures."""
    check_csrf(csrf_token, session, tokens)
    choice, sheet = _sheet(transaction.connection, city, deps, flotte, mois)
    signed = sign(
        deps, transaction, sheet, session, seen=empreinte, waived=frozenset(remettre or ()), remark=_plain(remarque)
    )

    def is_stored() -> bool:
        with deps.looking() as connection:
            return is_signature_stored(connection, signed.id)

    wait_until(is_stored)
    return RedirectResponse(f"/contrat?{choice.query()}", status_code=303)


@api.get("/contract.csv")
def get_contract_csv(
    _session: OfficeSession, city: SessionCity, deps: WithDeps, connection: WithStore,
    month: Month = None, fleet: str | None = None,
) -> Response:  # fmt: skip
    """A contractor's month, a line a breach, with what shows it, what was answered and whether it was kept.

    Amounts are proposals until somebody has signed: `kept`, `signed_by`.
    """
    choice, sheet = _sheet(connection, city, deps, fleet, month)
    return csv_answer(f"{city.id}-contract-{choice.fleet.id}-{choice.month:%Y-%m}", COLUMNS, rows_of(sheet))


@api.get("/contract.pdf")
def get_contract_pdf(
    request: Request, _session: OfficeSession, city: SessionCity, deps: WithDeps, connection: WithStore,
    month: Month = None, fleet: str | None = None,
) -> Response:  # fmt: skip
    """The same on A4."""
    choice, sheet = _sheet(connection, city, deps, fleet, month)
    page = get_page(request)
    drawn = draw_sheet(sheet, page.texts_for(request), page.words_for(request, city))
    return pdf_answer(f"{city.id}-contract-{choice.fleet.id}-{choice.month:%Y-%m}", drawn)


def _plain(text: str) -> str:
    """What somebody typed, without what cannot be seen; lines stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines).strip()
