"""Texts through a gateway: each in its own form, answered in its own form, with the city's key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
import pytest

from services.edges.store import make_key
from services.store.connection import connect
from tests.support.stored_reports import StoringStream
from tests.support.web_seed import CITY, containers, make_plan
from tests.support.web_server import Running, serve_city

PLANNED = [stop.place for circuit in make_plan().circuits for stop in circuit.stops]
FREE = [row["id"] for row in containers() if row["id"] not in PLANNED]
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, the basic table."""


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        yield running


@pytest.fixture(scope="module")
def key(web: Running, database_url: str) -> str:
    assert web
    with connect(database_url, name="test") as connection:
        return make_key(connection, CITY, "sms", None, datetime.now(UTC))


def kannel(web: Running, key: str, text: str, sender: str = "+22961000000") -> str:
    answer = httpx.get(f"{web.url}/sms/{CITY}/kannel", params={"key": key, "from": sender, "text": text})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text) <= 160
    assert set(answer.text) <= GSM
    return answer.text


def test_text_is_taken_and_answered_with_what_is_known(web: Running, key: str, stream: StoringStream) -> None:
    """In the language of the text, in one message of the GSM alphabet; the telephone's number is stored nowhere."""
    told = kannel(web, key, f"{FREE[0].lower()} plein")
    assert told.startswith(f"{FREE[0]} : C'est noté.")
    made = stream.reports[-1]
    assert (made.kind, made.container, made.door) == ("full", FREE[0], "sms")
    assert f"Suivi : {made.id[:5]}-{made.id[5:]}" in told
    assert "61000000" not in stream.sent[-1][2].decode()
    assert "comes today" in kannel(web, key, f"{PLANNED[0]} is full")
    assert kannel(web, key, f"suivi {made.id}").startswith("C'est noté")


def test_text_that_is_not_understood_is_told_how_to_write(web: Running, key: str, stream: StoringStream) -> None:
    before = len(stream.reports)
    assert "C-1042 plein" in kannel(web, key, "bonjour")
    assert "C-1042 plein" in kannel(web, key, f"{FREE[1]} pas plein")
    assert "pas connu" in kannel(web, key, "B-999 plein")
    assert len(stream.reports) == before


def test_twilio_is_answered_in_its_markup(web: Running, key: str, stream: StoringStream) -> None:
    """The key as the password in the address, as Twilio sends it."""
    answer = httpx.post(
        f"{web.url}/sms/{CITY}/twilio", data={"From": "+22962", "Body": f"{FREE[2]} déborde"}, auth=("tournee", key)
    )
    root = ET.fromstring(answer.content)  # noqa: S314 - our own
    assert (root.tag, root[0].tag) == ("Response", "Message")
    assert (root[0].text or "").startswith(FREE[2])
    assert stream.reports[-1].container == FREE[2]


def test_android_telephone_brings_its_texts_and_nothing_else(web: Running, key: str, stream: StoringStream) -> None:
    """SMS Gateway for Android: `sms:received` alone; its other events are no reports."""
    url, headers = f"{web.url}/sms/{CITY}/android", {"Authorization": f"Bearer {key}"}
    event = {"event": "sms:received", "payload": {"phoneNumber": "+22963", "message": f"{FREE[3]} plein"}}
    answer = httpx.post(url, json=event, headers=headers).json()
    assert answer["to"] == "+22963"
    assert answer["reply"].startswith(FREE[3])
    before = len(stream.reports)
    for other in ({**event, "event": "sms:sent"}, [], "text", {"event": "sms:received", "payload": None}):
        assert httpx.post(url, json=other, headers=headers).json() == {}
    assert httpx.post(url, content=b"[" * 10_000, headers=headers).json() == {}
    assert len(stream.reports) == before


def test_nobody_comes_in_without_the_key_of_this_door(web: Running, key: str, database_url: str) -> None:
    with connect(database_url, name="test") as connection:
        other = make_key(connection, CITY, "open311", None, datetime.now(UTC))
    for wrong in ("", "guessed", other):
        params = {"key": wrong, "from": "+22964", "text": f"{FREE[4]} plein"}
        assert httpx.get(f"{web.url}/sms/{CITY}/kannel", params=params).status_code == 401
    assert httpx.get(f"{web.url}/sms/{CITY}/pigeon", params={"key": key}).status_code == 401
    assert httpx.post(f"{web.url}/sms/{CITY}/twilio", content=b"x" * 20_000, params={"key": key}).status_code == 413


def test_one_telephone_is_bounded_and_the_same_is_once(web: Running, key: str, stream: StoringStream) -> None:
    """A gateway that brings a text twice makes one report.

    Of a telephone that goes on 19 texts are answered, then one with word of it, then none: two machines that answer
    each other would never end.
    """
    first = kannel(web, key, f"{FREE[5]} plein", "+22965")
    assert kannel(web, key, f"{FREE[5]} plein", "+22965") == first
    made = len(stream.reports)
    told = [kannel(web, key, f"{place} {word}", "+22966") for place in FREE[6:13] for word in ("plein", "cassé", "feu")]
    assert [bool(reply) for reply in told] == [True] * 20 + [False]
    assert "Trop de signalements" in told[19]
    assert len(stream.reports) == made + 19
    assert kannel(web, key, f"{FREE[6]} plein", "+22967").startswith(FREE[6])
