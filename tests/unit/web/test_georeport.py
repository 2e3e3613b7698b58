"""GeoReport's envelopes and arguments, against what the standard says of them."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from services.web.reports.georeport import Fault, Row, fault_answer, read_list, read_span, row_answer, rows_answer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ROW: Row = {"service_code": "full", "metadata": True, "lat": 6.37, "media_url": None, "description": "é < & \x00\x08"}


def test_rows_are_elements_or_an_array_without_their_names() -> None:
    """The Spark convention. XML has its declaration, UTF-8, no namespace, and none of the signs that break a parser."""
    xml = rows_answer("xml", "services", "service", [ROW, ROW])
    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert bytes(xml.body).lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ET.fromstring(bytes(xml.body))  # noqa: S314 - our own
    assert (root.tag, [child.tag for child in root]) == ("services", ["service", "service"])
    assert [(field.tag, field.text) for field in root[0]] == [
        ("service_code", "full"), ("metadata", "true"), ("lat", "6.37"), ("media_url", None), ("description", "é < & "),
    ]  # fmt: skip
    told = rows_answer("json", "services", "service", [ROW])
    assert told.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(bytes(told.body)) == [dict(ROW)]


def test_lists_within_a_row_name_their_elements() -> None:
    """As in the standard's own example of a service's definition and of the discovery."""
    row: Row = {"service_code": "full", "attributes": [{"code": "container", "values": []}], "formats": ["text/xml"]}
    root = ET.fromstring(bytes(row_answer("xml", "service_definition", row).body))  # noqa: S314 - our own
    assert root.tag == "service_definition"
    assert [found.text for found in root.findall("attributes/attribute/code")] == ["container"]
    assert [found.text for found in root.findall("formats/format")] == ["text/xml"]
    assert json.loads(bytes(row_answer("json", "service_definition", row).body)) == row


def test_errors_have_code_and_description() -> None:
    answer = fault_answer("xml", Fault(404, "service_code x was not found", 10))
    root = ET.fromstring(bytes(answer.body))  # noqa: S314 - our own
    assert (answer.status_code, answer.headers["retry-after"]) == (404, "10")
    assert [(each.findtext("code"), each.findtext("description")) for each in root.iter("error")] == [
        ("404", "service_code x was not found")
    ]


def test_span_is_of_ninety_days_at_most() -> None:
    """Without a word the last 90; from a beginning on, 90 from there and not beyond now."""
    assert read_span(None, None, NOW) == (NOW - timedelta(days=90), NOW)
    assert read_span("2026-11-20T00:00:00Z", None, NOW) == (datetime(2026, 11, 20, tzinfo=UTC), NOW)
    assert read_span("2026-01-01T00:00:00 01:00", None, NOW)[1] == datetime(2026, 3, 31, 23, tzinfo=UTC)
    january, june = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
    wrong_ones = [(january, june), (june, january), ("yesterday", None), ("2026-11-20T00:00:00", None)]
    for start, end in [*wrong_ones, ("9999-12-31T23:59:59Z", None)]:
        with pytest.raises(Fault) as wrong:
            read_span(start, end, NOW)
        assert wrong.value.status == 400


def test_list_is_parted_by_commas_and_empty_is_missing() -> None:
    assert [read_list(told) for told in (None, "", " , ", "full, dump")] == [None, None, None, ["full", "dump"]]
