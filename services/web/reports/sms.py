"""Reports by SMS: a gateway brings the text with the city's key, and is answered with the reply to send back.

Kannel (the open gateway that speaks SMPP to operators) sends what is answered as plain text; Twilio what stands in its
TwiML. An Android telephone with SMS Gateway for Android sends only what its own interface is asked to: `telephone`.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, cast
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from services.city.registry import City
from services.reports.messages import Meant, meaning_of
from services.reports.store import Place, find_place
from services.store.connection import Connection
from services.web.figures.store import find_city
from services.web.rendering.catalogue import Texts, texts_in
from services.web.rendering.problems import WebProblem
from services.web.rendering.words import Words
from services.web.reports.endpoints import NoSuchReport, find_report
from services.web.reports.heard import Noted, WithDoors
from services.web.reports.keys import opens
from services.web.reports.taking import Said, take_report
from services.web.reports.telephone import find_signing_key, is_signed, put_reply
from services.web.reports.telling import Teller
from services.web.requests.deps import Deps, WithDeps, WithTransaction
from services.web.requests.report_limits import TooManyReports
from services.web.requests.transaction import Transaction

router = APIRouter(include_in_schema=False)

GATEWAYS = ("kannel", "twilio", "android")
MOST_BYTES = 16_384
LONGEST_REPLY = 160
"""A single message of the GSM alphabet."""
NOT_GSM = str.maketrans("êëîïôâûçœ’\u00a0\u202f", "eeiioauco'  ")
"""One letter beyond that alphabet and a message has room for 70."""


class WrongKey(WebProblem):
    status, code = 401, "wrong_gateway_key"


class TooLong(WebProblem):
    status, code = 413, "too_large"


class Text(NamedTuple):
    sender: str
    text: str
    event: str = ""
    """The gateway's name of it, the same at every try."""


async def read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLong
    return bytes(body)


@router.api_route("/sms/{city}/{gateway}", methods=["GET", "POST"])
def take_text(
    request: Request, body: Annotated[bytes, Depends(read_body)], deps: WithDeps, transaction: WithTransaction,
    doors: WithDoors, city: str, gateway: str, key: str = "",
) -> Response:  # fmt: skip
    """Answered 200 whatever the text says: a gateway that is refused brings the same again."""
    found = find_city(transaction.connection, city)
    if found is None or gateway not in GATEWAYS:
        raise WrongKey
    with doors.hears(found.id, "sms", deps.clock.now()) as noted:
        signing_key = find_signing_key(transaction.connection, city) if gateway == "android" else None
        if signing_key is not None:
            if not is_signed(signing_key, request.headers, body, deps.wall_now().timestamp()):
                raise WrongKey
        elif not opens(transaction.connection, city, "sms", key or _key_of(request)):
            raise WrongKey
        text = _text_of(request, gateway, body)
        reply = reply_to(deps, transaction, found, text, noted) if text else ""
    if signing_key is None:
        return _answer(gateway, text, reply)
    transaction.end()
    if text is None:
        return JSONResponse({"answered": False})
    with deps.looking() as connection:
        return JSONResponse({"answered": put_reply(connection, city, text.event, text.sender, reply)})


def reply_to(deps: Deps, transaction: Transaction, city: City, text: Text, noted: Noted) -> str:
    """What is sent back: what is known, and the id to follow; or how to write. Nothing, to a telephone that goes on."""
    meant = meaning_of(text.text)
    texts = texts_in(meant.language)
    heard = deps.report_limits.text_of(city.id, text.sender, deps.wall_now())
    if heard != "heard":
        noted.rejected = "too many texts of one telephone"
        return _short(texts("reports.sms.too_many")) if heard == "last" else ""
    teller = Teller(texts, Words(texts, city.zone_info), deps.clock.now())
    place = _place(transaction.connection, city, meant)
    try:
        if meant.kind is None and place is None and meant.report is not None:
            return _short(_status(deps, transaction.connection, city, meant.report, teller, texts))
        if meant.kind is None or place is None:
            noted.rejected = "a text that says no container of the city, or nothing of it"
            return _short(texts("reports.sms.unknown_container" if meant.kind else "reports.sms.how"))
        said = Said(meant.kind, "sms", f"tel {text.sender}", secrets.token_urlsafe(12), place)
        taken = take_report(deps, transaction, city, said)
    except TooManyReports as slowed:
        noted.rejected = slowed.code.replace("_", " ")
        return _short(texts("reports.sms.too_many"))
    told = teller.at_once(meant.kind, taken.answer, taken.known)
    return _short(
        texts("reports.sms.taken", container=place.id, told=told, id=f"{taken.report[:5]}-{taken.report[5:]}")
    )


def _status(deps: Deps, connection: Connection, city: City, report: str, teller: Teller, texts: Texts) -> str:
    try:
        of, found = find_report(connection, deps, report)
    except NoSuchReport:
        return texts("reports.sms.unknown_report")
    return teller.how_it_stands(found) if of.id == city.id else texts("reports.sms.unknown_report")


def _place(connection: Connection, city: City, meant: Meant) -> Place | None:
    found = (find_place(connection, city.id, each) for each in meant.containers)
    return next((place for place in found if place is not None), None)


def _key_of(request: Request) -> str:
    """As other doors take it, or as the password in an address (`https://any:KEY@...`), which Twilio sends so."""
    told = request.headers.get("x-api-key") or request.headers.get("authorization", "")
    if told.startswith("Basic "):
        try:
            return base64.b64decode(told.removeprefix("Basic "), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return told.removeprefix("Bearer ").strip()


def _text_of(request: Request, gateway: str, body: bytes) -> Text | None:
    """The text and its sender; None where the message is none, as the other events of a telephone."""
    if gateway == "android":
        return _text_of_android(body)
    fields = dict(request.query_params) | dict(parse_qsl(body.decode(errors="replace")))
    sender, text = ("From", "Body") if gateway == "twilio" else ("from", "text")
    return Text(fields.get(sender, "")[:40], fields.get(text, ""))


def _text_of_android(body: bytes) -> Text | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    payload = cast("Mapping[str, Any]", told).get("payload") if isinstance(told, Mapping) else None
    if not isinstance(payload, Mapping) or told.get("event") != "sms:received":
        return None
    sender = payload.get("sender") or payload.get("phoneNumber") or ""
    event = told.get("id")
    name = event if isinstance(event, str) and 0 < len(event) <= 64 else hashlib.sha256(body).hexdigest()
    return Text(str(sender)[:40], str(payload.get("message") or ""), name.replace("\0", ""))


def _short(reply: str) -> str:
    plain = reply.translate(NOT_GSM)
    return plain if len(plain) <= LONGEST_REPLY else f"{plain[: LONGEST_REPLY - 3].rstrip()}..."


def _answer(gateway: str, text: Text | None, reply: str) -> Response:
    if gateway == "kannel":
        return PlainTextResponse(reply)
    if gateway == "twilio":
        message = f"<Message>{escape(reply)}</Message>" if reply else ""
        body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
        return Response(body, media_type="text/xml; charset=utf-8")
    return JSONResponse({"to": text.sender, "reply": reply} if text else {})
