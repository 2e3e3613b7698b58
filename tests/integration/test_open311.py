"""Open311 GeoReport v2 on a real socket: each call as XML and JSON, by its tables and by a foreign client."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from georeport import GeoReport
from PIL import Image

from services.edges.store import make_key
from services.store.connection import connect
from tests.support.stored_reports import StoringStream
from tests.support.web_seed import CITY, NOW, containers, make_plan
from tests.support.web_server import Running, serve_city

KINDS = ["full", "missed", "dump", "damaged", "burning"]
PLANNED = [stop.place for circuit in make_plan().circuits for stop in circuit.stops]
FREE = [row for row in containers() if row["id"] not in PLANNED]

# http://wiki.open311.org/GeoReport_v2, the tables "Response" of each call, in words of our own; kinds as in the JSON
# schemas of github.com/open311/schema-validation.
SERVICE = {
    "service_code": str, "service_name": str, "description": str, "metadata": bool, "type": str, "keywords": str,
    "group": str,
}  # fmt: skip
ATTRIBUTE = {
    "variable": bool, "code": str, "datatype": str, "required": bool, "datatype_description": str, "order": int,
    "description": str, "values": list,
}  # fmt: skip
REQUEST = {
    "service_request_id": str, "status": str, "status_notes": str, "service_name": str, "service_code": str,
    "description": str, "agency_responsible": str, "service_notice": str, "requested_datetime": datetime,
    "updated_datetime": datetime, "expected_datetime": datetime, "address": str, "address_id": str, "zipcode": str,
    "lat": float, "long": float, "media_url": str,
}  # fmt: skip
NEEDED = {"service_request_id", "status", "service_code", "service_name", "requested_datetime", "updated_datetime"}


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        yield running


@pytest.fixture(scope="module")
def key(web: Running, database_url: str) -> str:
    """The city's, as `tournee device key CITY open311` makes it."""
    assert web
    with connect(database_url, name="test") as connection:
        return make_key(connection, CITY, "open311", None, datetime.now(UTC))


def call(web: Running, path: str, **params: Any) -> httpx.Response:
    return httpx.get(f"{web.url}/open311/v2/{path}", params=params)


def post(web: Running, form: str = "json", **fields: Any) -> httpx.Response:
    files = fields.pop("files", None)
    return httpx.post(f"{web.url}/open311/v2/requests.{form}", data=fields, files=files, timeout=30)


def both(web: Running, path: str, **params: Any) -> tuple[Any, ET.Element]:
    """The same call as JSON and as XML."""
    told = call(web, f"{path}.json", **params)
    assert told.status_code == 200, told.text
    assert told.headers["content-type"] == "application/json; charset=utf-8"
    xml = call(web, f"{path}.xml", **params)
    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert xml.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return told.json(), ET.fromstring(xml.content)  # noqa: S314 - our own


def holds(row: dict[str, Any], table: dict[str, type]) -> None:
    """Every field of the table and no other, each of its kind or null."""
    assert list(row) == list(table)
    for name, kind in table.items():
        value = row[name]
        if kind is datetime and value is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", value), name
        elif value is not None:
            assert isinstance(value, kind), name


def same(row: dict[str, Any], element: ET.Element) -> None:
    """What JSON says, XML says: a field an element, null an empty one, true as a word."""
    assert [child.tag for child in element] == list(row)
    for child in element:
        value = row[child.tag]
        if isinstance(value, list):
            assert len(child) == len(value)
        else:
            told = str(value).lower() if isinstance(value, bool) else str(value)
            assert (child.text or "") == ("" if value is None else told)


def test_services_are_listed_as_the_standard_says(web: Running) -> None:
    """In the asker's language; by jurisdiction or, of one city alone, without."""
    rows, root = both(web, "services")
    assert [row["service_code"] for row in rows] == KINDS
    assert root.tag == "services"
    for row, element in zip(rows, root, strict=True):
        holds(row, SERVICE)
        assert (element.tag, row["type"]) == ("service", "realtime")
        same(row, element)
    assert rows[0]["service_name"] == "Bac plein"
    assert call(web, "services.json", jurisdiction_id=CITY).json() == rows
    english = httpx.get(f"{web.url}/open311/v2/services.json", headers={"Accept-Language": "en"}).json()
    assert english[0]["service_name"] == "Full container"


def test_service_definition_has_the_container_s_number(web: Running) -> None:
    row, root = both(web, "services/full")
    assert (row["service_code"], root.tag) == ("full", "service_definition")
    holds(row["attributes"][0], ATTRIBUTE)
    same(row["attributes"][0], root.findall("attributes/attribute")[0])


def test_discovery_names_the_endpoint_and_its_formats(web: Running) -> None:
    row, root = both(web, "discovery")
    (endpoint,) = row["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == f"{web.url}/open311/v2"
    assert [each.text for each in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_request_is_made_found_and_closed(web: Running, stream: StoringStream) -> None:
    """By the container's number; then by id, in the list, and by each filter."""
    made = post(web, jurisdiction_id=CITY, service_code="full", **{"attribute[container]": FREE[0]["id"]})
    assert made.status_code == 200
    (row,) = made.json()
    assert set(row) == {"service_request_id", "service_notice", "account_id"}
    assert row["service_notice"].startswith("C'est noté")
    number = row["service_request_id"]
    (found,), root = both(web, f"requests/{number}", jurisdiction_id=CITY)
    holds(found, REQUEST)
    assert all(found[name] for name in NEEDED)
    assert (found["status"], found["address_id"], found["lat"]) == ("open", FREE[0]["id"], FREE[0]["lat"])
    assert found["requested_datetime"] == "2026-11-23T06:00:00+01:00"
    assert (root.tag, root[0].tag) == ("service_requests", "request")
    same(found, root[0])
    day = {"start_date": "2026-11-23T00:00:00+01:00", "end_date": "2026-11-23T23:59:59+01:00"}
    for params in (day, {"status": "open"}, {"service_code": "dump,full"}, {"service_request_id": f"{number},x"}, {}):
        assert number in [each["service_request_id"] for each in call(web, "requests.json", **params).json()]
    for params in ({"service_code": "dump"}, {"status": "closed"}, {"page": 2, "page_size": 1000},
                   {"start_date": "2026-11-20T00:00:00Z", "end_date": "2026-11-21T00:00:00Z"}):  # fmt: skip
        assert number not in [each["service_request_id"] for each in call(web, "requests.json", **params).json()]
    assert stream.reports[-1].door == "open311"


def test_request_of_a_container_that_is_emptied_today_says_when(web: Running) -> None:
    (row,) = post(web, service_code="full", **{"attribute[container]": PLANNED[0]}).json()
    (found,) = call(web, f"requests/{row['service_request_id']}.json").json()
    assert found["status"] == "open"
    assert found["expected_datetime"].startswith("2026-11-23T")
    assert "aujourd'hui" in found["status_notes"]


def test_place_is_the_nearest_container_or_itself(web: Running, stream: StoringStream) -> None:
    """Twenty metres from a container it is that one; far out at sea a place; an address is kept apart."""
    near = FREE[1]
    post(web, service_code="missed", lat=near["lat"] + 0.00018, long=near["lon"])
    assert stream.reports[-1].container == near["id"]
    post(web, service_code="dump", lat=near["lat"] - 1, long=near["lon"])
    assert (stream.reports[-1].container, stream.reports[-1].lat) == (None, near["lat"] - 1)
    (row,) = post(web, service_code="dump", address_string="Derrière l'école, rue 12").json()
    (found,) = call(web, f"requests/{row['service_request_id']}.json").json()
    assert (found["address"], found["lat"], found["long"]) == (None, None, None)


def test_what_residents_give_of_themselves_is_for_the_key_alone(web: Running, key: str) -> None:
    """Names, words and photos: stored only when given, shown only to whoever has the city's key."""
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(picture, "PNG")
    made = post(
        web, api_key=key, service_code="dump", description="Trois matelas\net un frigo", first_name="Awa",
        email="awa@example.org", files={"media": ("matelas.png", picture.getvalue())},
        **{"attribute[container]": FREE[2]["id"]},
    )  # fmt: skip
    number = made.json()[0]["service_request_id"]
    (shown,) = call(web, f"requests/{number}.json").json()
    assert (shown["description"], shown["media_url"]) == (None, None)
    (kept,) = call(web, f"requests/{number}.json", api_key=key).json()
    assert kept["description"] == "Trois matelas\net un frigo"
    photo = httpx.get(kept["media_url"], params={"jurisdiction_id": CITY, "api_key": key})
    assert photo.headers["content-type"] == "image/jpeg"
    assert httpx.get(kept["media_url"]).status_code == 403
    assert "Awa" not in json.dumps([shown, kept])


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({}, 400, "service_code was not provided"),
        ({"service_code": "graffiti"}, 404, "service_code graffiti was not found"),
        ({"service_code": "full"}, 400, "no place was provided"),
        ({"service_code": "full", "jurisdiction_id": "elsewhere.org", "address_string": "x"}, 404, "jurisdiction_id"),
        ({"service_code": "full", "api_key": "guessed", "address_string": "x"}, 403, "api_key"),
        ({"service_code": "full", "attribute[container]": "B-999"}, 400, "B-999"),
        ({"service_code": "full", "lat": "91", "long": "2"}, 400, "lat 91"),
        ({"service_code": "full", "lat": "nan", "long": "2"}, 400, "lat nan"),
        ({"service_code": "full", "lat": "6.3"}, 400, "both"),
        ({"service_code": "full", "address_string": "x", "description": "x" * 4001}, 400, "4000"),
    ],
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_errors_are_told_as_the_standard_tells_them(
    web: Running, stream: StoringStream, fields: dict[str, str], status: int, said: str, form: str
) -> None:
    """A code, a description that names the argument, and nothing taken."""
    before = len(stream.sent)
    answer = post(web, form, **fields)
    assert (answer.status_code, len(stream.sent)) == (status, before)
    if form == "json":
        (error,) = answer.json()
    else:
        (element,) = ET.fromstring(answer.content)  # noqa: S314 - our own
        error = {child.tag: child.text for child in element}
    assert error["code"] == str(status)
    assert said in error["description"]


def test_wrong_questions_are_told_too(web: Running) -> None:
    """Unknown ids are 404, wrong arguments 400; an unknown format is told as XML, which everybody reads."""
    for path, status in (
        ("requests/0000000000.json", 404), ("requests/x.xml", 404), ("tokens/0000000000.json", 404),
        ("services/graffiti.json", 404), ("services.yaml", 404), ("requests.json?status=shut", 400),
        ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z", 400),
        ("requests.json?page=0", 400), ("services.json?jurisdiction_id=x", 404),
    ):  # fmt: skip
        answer = httpx.get(f"{web.url}/open311/v2/{path}")
        assert answer.status_code == status, path
        assert str(status) in answer.text


def test_optional_field_that_is_wrong_never_costs_the_report(web: Running, stream: StoringStream) -> None:
    """A media_url of some script, and a NUL: left aside, and told."""
    made = post(web, service_code="damaged", media_url="javascript:alert(1)", description="cass\0é",
                **{"attribute[container]": FREE[3]["id"]})  # fmt: skip
    assert "media_url left aside" in made.json()[0]["service_notice"]
    assert (stream.reports[-1].media_url, stream.reports[-1].words) == (None, "cassé")


def test_token_is_given_until_the_request_can_be_asked_for(web: Running, stream: StoringStream) -> None:
    """The writer is behind: a token first, from which the id comes when the store has it."""
    stream.is_late = True
    (row,) = post(web, service_code="damaged", **{"attribute[container]": FREE[4]["id"]}).json()
    stream.is_late = False
    assert "service_request_id" not in row
    assert call(web, f"tokens/{row['token']}.json").status_code == 404
    stream.send("reports", b"", stream.reports[-1].to_bytes())
    (found,), root = both(web, f"tokens/{row['token']}")
    assert found["token"] == row["token"]
    assert root.findtext("request/service_request_id") == found["service_request_id"]


def test_technician_is_told_what_residents_doors_took_and_what_they_refused(web: Running, database_url: str) -> None:
    """A report taken without its `media_url`, one of no kind, a text with a wrong key: through Kafka to the store."""
    place = {"attribute[container]": FREE[-1]["id"]}
    assert post(web, service_code="dump", media_url="no address", **place).status_code == 200
    assert post(web, service_code="volcano", **place).status_code == 404
    assert httpx.get(f"{web.url}/sms/{CITY}/kannel", params={"key": "no", "from": "1", "text": "x"}).status_code == 401
    with connect(database_url, name="test") as connection:
        connection.execute("DELETE FROM door_heard")
    web.app.state.report_doors.tell()
    with connect(database_url, name="test") as connection:
        rows = {row["door"]: row for row in connection.execute("SELECT * FROM door_heard")}
    assert rows["open311"]["rejected"] >= 1
    assert rows["open311"]["last_rejected"].startswith("service_code volcano")
    assert rows["open311"]["last_left_aside"] == "media_url"
    assert (rows["sms"]["messages"], rows["sms"]["last_rejected"]) == (1, "wrong gateway key")


def test_flood_from_one_address_is_bounded_and_told(web: Running, stream: StoringStream) -> None:
    """Thirty in ten minutes by one address, whatever they say; with the key more, for it speaks for many."""
    answers = [post(web, service_code="dump", address_string=f"rue {n}") for n in range(31)]
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert refused.status_code == 429
    assert refused.json()[0]["code"] == "429"
    assert int(refused.headers["retry-after"]) > 0
    assert len(stream.reports) < 60


@pytest.mark.parametrize("form", ["json", "xml"])
def test_client_that_nobody_here_wrote_understands_every_answer(web: Running, form: str) -> None:
    """`georeport` of PyPI: services, a definition, requests, one of them."""
    client = GeoReport(f"{web.url}/open311/v2", jurisdiction=CITY, output_format=form)
    assert [service["service_code"] for service in client.get_service_list()] == KINDS
    assert client.get_service_definition("full")["service_code"] == "full"
    requests = client.get_service_requests(start_date=(NOW - timedelta(days=3)).isoformat(), status="open,closed")
    assert len(requests) > 2
    one = client.get_service_request(requests[0]["service_request_id"])
    assert one == requests[0]
