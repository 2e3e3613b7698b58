"""Words: both languages say the same things, and every word that a page asks for is there."""

import re
import string
from typing import get_args

import pytest

from services.city.penalties import PenaltyEvent, PenaltyUnit
from services.contracts.confirmations import SkipReason
from services.contracts.ledger import EventKind, Fell, Provisional
from services.contracts.planning import DueReason, PlanStatus, UnservedReason
from services.contracts.reports import ReportKind
from services.contracts.telemetry import RejectionReason
from services.ledger.contract_sheet import NotYet
from services.reports.answering import State
from services.web.entry.rights import INVITED, ROLES
from services.web.entry.security_log import What
from services.web.rendering.catalogue import WEB, language_of, load_catalogue, texts_in

FRENCH, ENGLISH = load_catalogue("fr"), load_catalogue("en")


def _fields(text: object) -> set[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(str(form)) if name}


def test_both_catalogues_have_the_same_keys() -> None:
    """A page must not fail, or show a key, in the language that was edited last."""
    assert set(FRENCH) == set(ENGLISH)


def test_translations_take_the_same_values() -> None:
    """A figure that one language shows must not be missing in the other."""
    different = {key for key in FRENCH if _fields(FRENCH[key]) != _fields(ENGLISH[key])}
    assert not different


def _used_in_templates() -> set[str]:
    pattern = re.compile(r"""\bt(?:\.html)?\(\s*'([a-z0-9_.]+)'(?!\s*~)""")
    return {key for path in WEB.glob("*/*.html") for key in pattern.findall(path.read_text())}


def _used_in_scripts(face: str, prefix: str) -> set[str]:
    pattern = re.compile(r"""\bsay\("([a-z_.]+)\"""")
    scripts = (WEB / face / "static").glob("*.js")
    return {f"{prefix}.{key}" for path in scripts for key in pattern.findall(path.read_text())}


def test_every_text_that_a_page_names_exists() -> None:
    """A missing key would break the page only on the day it is needed."""
    used = _used_in_templates() | _used_in_scripts("driver", "driver") | _used_in_scripts("operator", "console")
    assert used
    assert used - set(FRENCH) == set()


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("unserved", get_args(UnservedReason)),
        ("due", get_args(DueReason)),
        ("contract.reason", (*get_args(SkipReason), "nothing")),
        ("contract.event", get_args(PenaltyEvent)),
        ("contract.unit", get_args(PenaltyUnit)),
        ("contract.noted", get_args(EventKind)),
        ("contract.state", ("proposed", "signed", "changed", *get_args(NotYet))),
        ("driver.reason", get_args(SkipReason)),
        ("rejected", get_args(RejectionReason)),
        ("technician.doors.name", ("ours", "osmand", "traccar-client", "traccar-forward", "rfms", "page", "sms")),
        ("technician.outgoing.kind", ("broker", "telephone", "webhook")),
        ("savings.provisional", get_args(Provisional)),
        ("savings.fell", get_args(Fell)),
        ("operator.status", get_args(PlanStatus)),
        ("console.planning", ("ordered", "started", "improved", "finished", "failed")),
        ("reports.kind", get_args(ReportKind)),
        ("reports.detail", get_args(ReportKind)),
        ("reports.keywords", get_args(ReportKind)),
        ("reports.told.noted", get_args(ReportKind)),
        ("reports.state", get_args(State)),
        ("reports.skipped", get_args(SkipReason)),
        ("operator.report.kind", get_args(ReportKind)),
        ("logins.kind", get_args(What)),
        ("people.role", ROLES),
        ("people.may", INVITED),
        ("public.method", ("no_baseline", "saved", "even", "lost")),
    ],
)
def test_every_word_of_the_contracts_has_its_text(prefix: str, words: tuple[str, ...]) -> None:
    """A reason that the planner adds must be readable, not a bare identifier."""
    assert {f"{prefix}.{word}" for word in words} <= set(FRENCH)


def test_texts_carry_no_exclamation_mark() -> None:
    """The voice is calm at 05:00."""
    assert not [key for catalogue in (FRENCH, ENGLISH) for key, text in catalogue.items() if "!" in str(text)]


def test_french_counts_zero_and_one_as_one() -> None:
    """`0 circuit`, not `0 circuits`; English says `0 circuits`."""
    assert texts_in("fr")("operator.circuits_word", n=0) == "circuit"
    assert texts_in("en")("operator.circuits_word", n=0) == "circuits"
    assert texts_in("fr")("operator.circuits_word", n=2) == "circuits"


@pytest.mark.parametrize(
    ("cookie", "accepted", "spoken"),
    [
        (None, None, "fr"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "yo,fr;q=0.8,en;q=0.5", "fr"),
        (None, "de", "fr"),
        ("en", "fr", "en"),
        ("xx", "en", "en"),
    ],
)
def test_reader_is_spoken_to_in_their_language(cookie: str | None, accepted: str | None, spoken: str) -> None:
    """A choice stands over the browser's wish, and French over nothing."""
    assert language_of(cookie, accepted) == spoken


def test_names_are_escaped_in_sentences_with_markup() -> None:
    """A city's name from a spreadsheet must not become markup on the public page."""
    text = texts_in("fr").html(
        "public.no_baseline", place="<script>", when="En mai", litres="1 L", stops="9", people="1", living="2"
    )
    assert "<script>" not in text
    assert "<b>1 L de gazole</b>" in text
