"""A city's portal reads containers by NGSI-LD: as the models say, by key, of its own city, and by a client not ours."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from psycopg.types.json import Jsonb

from services.edges.store import make_key
from services.store.connection import connect
from tests.support.waste_models import faults_of
from tests.support.web_seed import CITY, NOW, city_document, containers
from tests.support.web_server import Running

ELSEWHERE = "ailleurs"
KIND = {"id": "bac", "name": "Bac 1 100 L", "service_s": 90, "kg_per_l": 0.2, "fill_per_day": 0.4, "depth_mm": 1200}


@pytest.fixture(scope="module")
def keys(web: Running, database_url: str) -> dict[str, str]:
    """A key for each of two cities; two containers of the first stand together, and one was emptied."""
    assert web.url  # the seeded city is there
    with connect(database_url, name="test") as connection:
        document = Jsonb(city_document(id=ELSEWHERE, name="Ailleurs"))
        connection.execute("INSERT INTO city VALUES (%s, 'Ailleurs', 'UTC', %s, NULL, now())", (ELSEWHERE, document))
        connection.execute(
            "INSERT INTO registry_entry VALUES (%s, 'container_kind', 'bac', 0, %s)", (CITY, Jsonb(KIND))
        )
        connection.execute(
            "UPDATE container b SET lon = a.lon, lat = a.lat FROM container a"
            " WHERE a.city_id = %s AND b.city_id = a.city_id AND (a.container_id, b.container_id) = ('B-001', 'B-002')",
            (CITY,),
        )
        connection.execute("UPDATE container_state SET last_emptied_at = %s WHERE container_id = 'B-001'", (NOW,))
        connection.commit()
        return {city: make_key(connection, city, "ngsi-ld", None, NOW) for city in (CITY, ELSEWHERE)}


@pytest.fixture
def portal(web: Running, keys: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {keys[CITY]}"}
    with closing(httpx.Client(base_url=f"{web.url}/ngsi-ld/v1", headers=headers, timeout=30)) as client:
        yield client


def ask(portal: httpx.Client, **parameters: str) -> list[dict[str, Any]]:
    answer = portal.get("/entities", params=parameters)
    assert answer.status_code == 200, answer.text
    entities: list[dict[str, Any]] = answer.json()
    return entities


def test_every_entity_is_as_its_model_says(portal: httpx.Client) -> None:
    """Against the fields that Smart Data Models has published: what is required, what there is, and its values."""
    counts = {}
    for kind in ("WasteContainer", "WasteContainerIsle", "WasteContainerModel"):
        entities = ask(portal, type=kind, options="keyValues", limit="1000")
        assert {entity["id"]: faults_of(entity) for entity in entities if faults_of(entity)} == {}
        counts[kind] = len(entities)
    assert counts == {"WasteContainer": len(containers()), "WasteContainerIsle": 1, "WasteContainerModel": 1}


def test_container_says_what_is_known_of_it(portal: httpx.Client) -> None:
    """B-001 was emptied at 05:00; the city's promise is three days."""
    answer = portal.get(f"/entities/urn:ngsi-ld:WasteContainer:{CITY}:B-001")
    entity = answer.json()
    seeded = containers()[0]
    assert entity["fillingLevel"]["value"] == min(seeded["fill"], 1)
    assert entity["fillingLevel"]["observedAt"].endswith("Z")
    assert entity["dateLastEmptying"]["value"] == {"@type": "DateTime", "@value": "2026-11-23T05:00:00.000Z"}
    assert entity["nextActuationDeadline"]["value"]["@value"] == "2026-11-26T05:00:00.000Z"
    assert entity["binCapacity"] == {"type": "Property", "value": 1100.0, "unitCode": "LTR"}
    isle = portal.get(f"/entities/{entity['refWasteContainerIsle']['object']}").json()
    assert isle["refWasteContainer"]["object"] == [
        f"urn:ngsi-ld:WasteContainer:{CITY}:B-001", f"urn:ngsi-ld:WasteContainer:{CITY}:B-002"
    ]  # fmt: skip
    model = portal.get(f"/entities/{entity['refWasteContainerModel']['object']}").json()
    assert (model["cargoVolume"]["value"], model["depth"]["value"]) == (1.1, 1.2)


def test_queries_narrow_down(portal: httpx.Client) -> None:
    full = {row["id"] for row in containers() if row["fill"] > 0.85}
    found = ask(portal, type="WasteContainer", q="fillingLevel>0.85", limit="1000")
    assert {entity["binId"]["value"] for entity in found} == full
    spot = containers()[5]
    near = ask(
        portal, type="WasteContainer", georel="near;maxDistance==1", geometry="Point",
        coordinates=f"[{spot['lon']},{spot['lat']}]", attrs="binId", options="keyValues",
    )  # fmt: skip
    assert near == [
        {"id": f"urn:ngsi-ld:WasteContainer:{CITY}:{spot['id']}", "type": "WasteContainer", "binId": spot["id"]}
    ]
    both = ask(portal, id=",".join(f"urn:ngsi-ld:WasteContainer:{CITY}:{each}" for each in ("B-003", "B-004", "B-999")))
    assert len(both) == 2
    assert ask(portal, type="https://smartdatamodels.org/dataModel.WasteManagement/WasteContainerModel")
    assert ask(portal, type="TrafficFlowObserved") == []
    latest = ask(portal, id=f"urn:ngsi-ld:WasteContainer:{CITY}:B-001", options="sysAttrs,keyValues")
    assert latest[0]["modifiedAt"] == "2026-11-23T05:00:00.000Z"


def test_pages_come_one_after_the_other_without_gap(portal: httpx.Client) -> None:
    """By the links that the answers give, as a harvester follows them."""
    seen: list[str] = []
    address: str | None = "/entities?type=WasteContainer&limit=20&count=true&options=keyValues"
    while address:
        answer = portal.get(address)
        assert answer.headers["ngsild-results-count"] == str(len(containers()))
        seen += [entity["id"] for entity in answer.json()]
        address = answer.links.get("next", {}).get("url")
        if address:
            address = urlsplit(address).path.removeprefix("/ngsi-ld/v1") + "?" + urlsplit(address).query
    assert len(seen) == len(set(seen)) == len(containers())


def test_types_are_listed(portal: httpx.Client) -> None:
    listed = portal.get("/types").json()
    assert listed["typeList"] == ["WasteContainer", "WasteContainerIsle", "WasteContainerModel"]
    one = portal.get("/types/WasteContainer").json()
    assert one["entityCount"] == len(containers())
    assert "fillingLevel" in {each["attributeName"] for each in one["attributeDetails"]}
    assert portal.get("/types/Bench").status_code == 404


def test_context_is_served_and_named(web: Running, portal: httpx.Client) -> None:
    """In a header with plain JSON, in the body with JSON-LD. Every term that is used stands in it."""
    plain = portal.get("/entities", params={"type": "WasteContainer"})
    context = plain.links["http://www.w3.org/ns/json-ld#context"]["url"]
    assert context == f"{web.url}/ngsi-ld/context.jsonld"
    served = httpx.get(context)
    assert served.headers["content-type"] == "application/ld+json"
    terms = served.json()["@context"]
    assert terms["fillingLevel"] == "https://smartdatamodels.org/dataModel.WasteManagement/fillingLevel"
    linked = portal.get("/entities", params={"type": "WasteContainer"}, headers={"Accept": "application/ld+json"})
    assert linked.headers["content-type"] == "application/ld+json"
    assert linked.json()[0]["@context"][0] == context
    core = {"id", "type", "location", "@context"}
    everything = [*linked.json(), *ask(portal, type="WasteContainerIsle"), *ask(portal, type="WasteContainerModel")]
    assert {name for entity in everything for name in entity} - core <= terms.keys()
    assert portal.get("/types", headers={"Accept": "text/html"}).status_code == 406


def test_key_opens_its_own_city_alone(web: Running, keys: dict[str, str]) -> None:
    address = f"{web.url}/ngsi-ld/v1/entities?type=WasteContainer"
    assert httpx.get(address).status_code == 401
    assert httpx.get(address, headers={"Authorization": "Bearer guess"}).status_code == 401
    other = {"X-Auth-Token": keys[ELSEWHERE]}
    assert httpx.get(address, headers=other).json() == []
    foreign = httpx.get(address, headers=other | {"NGSILD-Tenant": CITY})
    assert foreign.status_code == 404
    assert foreign.json()["type"] == "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant"
    own = httpx.get(address, headers={"X-Auth-Token": keys[CITY], "NGSILD-Tenant": CITY})
    assert own.headers["ngsild-tenant"] == CITY
    entity = quote(f"urn:ngsi-ld:WasteContainer:{CITY}:B-001")
    assert httpx.get(f"{web.url}/ngsi-ld/v1/entities/{entity}", headers=other).status_code == 404


def test_wrong_request_is_told_as_the_standard_says(portal: httpx.Client) -> None:
    answer = portal.get("/entities", params={"type": "WasteContainer", "q": "fillingLevel>"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"
    assert "expected a value" in told["detail"]
    assert portal.post("/entities", json={}).status_code == 405


@pytest.mark.parametrize("text", ["\0", "\ud800", "a" * 5000, "' OR 1=1 --", "%00"], ids=ascii)
@pytest.mark.parametrize("name", ["type", "id", "q", "attrs", "georel", "limit", "coordinates"])
def test_odd_parameter_is_no_fault_of_ours(portal: httpx.Client, name: str, text: str) -> None:
    query = f"type=WasteContainer&{name}={quote(text.encode(errors='surrogatepass'))}"
    assert portal.get(f"/entities?{query}").status_code < 500
