"""GeoReport v2's envelopes: the same rows as XML or JSON, its errors, and the arguments it names.

http://wiki.open311.org/GeoReport_v2: XML without a schema or a namespace, JSON by the Spark convention (a list of
elements is an array without their names), UTF-8, instants with their offset.
"""

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from services.errors import StoreAway, StreamAway
from services.web.requests.report_limits import TooManyReports

FORMATS = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
LONGEST_SPAN = timedelta(days=90)
RETRY_AFTER_S = 10

type Value = str | float | bool | Mapping[str, "Value"] | Sequence["Value"] | None
type Row = Mapping[str, Value]

ELEMENTS = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}
"""What the elements of a list within a row are called in XML."""


class Fault(Exception):
    """What the standard has an error for."""

    def __init__(self, status: int, description: str, retry_after_s: int | None = None) -> None:
        self.status = status
        self.description = description
        self.retry_after_s = retry_after_s
        super().__init__(description)


def rows_answer(form: str, root: str, element: str, rows: Sequence[Row], status: int = 200) -> Response:
    """A list of rows: `<root><element>...</element></root>`, or an array."""
    if form == "json":
        return _json([dict(row) for row in rows], status)
    top = ET.Element(root)
    for row in rows:
        _put(ET.SubElement(top, element), row)
    return _xml(top, status)


def row_answer(form: str, root: str, row: Row) -> Response:
    """A single row: a service's definition, the discovery."""
    if form == "json":
        return _json(row, 200)
    top = ET.Element(root)
    _put(top, row)
    return _xml(top, 200)


def fault_answer(form: str, fault: Fault) -> Response:
    rows: list[Row] = [{"code": str(fault.status), "description": fault.description}]
    answer = rows_answer(form, "errors", "error", rows, fault.status)
    if fault.retry_after_s is not None:
        answer.headers["Retry-After"] = str(fault.retry_after_s)
    return answer


class GeoReportRoute(APIRoute):
    """Whatever stands in the way is told as the standard tells errors."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            form = form_of(request)
            if form not in FORMATS:
                return fault_answer("xml", Fault(404, f"format {form[:10]}; expected {' or '.join(FORMATS)}"))
            try:
                return await handle(request)
            except Fault as fault:
                return fault_answer(form, fault)
            except HTTPException as wrong:
                return fault_answer(form, Fault(wrong.status_code, wrong.detail))
            except TooManyReports as slowed:
                return fault_answer(form, Fault(429, "too many requests: try again later", slowed.retry_after_s))
            except (StoreAway, StreamAway):
                return fault_answer(form, Fault(503, "nothing was taken: try again in a minute", RETRY_AFTER_S))

        return answered


def form_of(request: Request) -> str:
    """What the address ends with."""
    return request.url.path.rpartition(".")[2]


def read_instant(name: str, told: str | None) -> datetime | None:
    """Raises `Fault`, where it is no instant with its offset. A space is a `+` that nobody has escaped."""
    if not told:
        return None
    try:
        instant = datetime.fromisoformat(told.strip().replace(" ", "+"))
    except ValueError as error:
        raise Fault(400, f"{name}: {told[:40]}; expected as 2026-11-22T06:02:00+01:00") from error
    if instant.tzinfo is None or not 2000 <= instant.year < 2200:
        raise Fault(400, f"{name}: {told[:40]}; expected with Z or its offset, as 2026-11-22T06:02:00+01:00")
    return instant


def read_span(start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """The time that is asked for: 90 days at most, the last 90 where nobody says.

    Raises:
        Fault: no instants, the wrong way round, or more than 90 days.
    """
    since, until = read_instant("start_date", start), read_instant("end_date", end)
    if until is None:
        until = now if since is None else min(max(now, since), since + LONGEST_SPAN)
    if since is None:
        since = until - LONGEST_SPAN
    if since > until:
        raise Fault(400, "start_date is after end_date")
    if until - since > LONGEST_SPAN:
        raise Fault(400, f"{(until - since).days} days are asked for; expected 90 at most")
    return since, until


def read_list(told: str | None) -> list[str] | None:
    """Parts between commas; None where the argument is missing or empty, which is the same by the standard."""
    return [part for part in (each.strip() for each in (told or "").split(",")) if part] or None


def _put(element: ET.Element, row: Row) -> None:
    for name, value in row.items():
        child = ET.SubElement(element, name)
        if isinstance(value, str):
            child.text = _xml_text(value)
        elif isinstance(value, Mapping):
            _put(child, value)
        elif isinstance(value, Sequence):
            for each in value:
                inner = ET.SubElement(child, ELEMENTS[name])
                if isinstance(each, Mapping):
                    _put(inner, each)
                else:
                    inner.text = _xml_text(str(each))
        elif value is not None:
            child.text = str(value).lower() if isinstance(value, bool) else str(value)


def _xml_text(text: str) -> str:
    """Without the signs that no XML may hold (XML 1.0, 2.2)."""
    return "".join(sign for sign in text if sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff"))


def _xml(top: ET.Element, status: int) -> Response:
    body = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return Response(body, status, {"Cache-Control": "no-store"}, media_type=FORMATS["xml"])


def _json(value: object, status: int) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(body, status, {"Cache-Control": "no-store"}, media_type=FORMATS["json"])
