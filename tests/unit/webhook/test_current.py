"""What a broker is sent, and how its answer in parts is read."""

import json

import pytest

from services.portals.context import MODELS
from services.webhook.current import digest_of, expanded, refused_of
from services.webhook.sending import Answer

ENTITY = {
    "id": "urn:ngsi-ld:WasteContainer:cotonou:COT-0412",
    "type": "WasteContainer",
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.3912, 6.3703]}},
    "fillingLevel": {"type": "Property", "value": 0.62, "observedAt": "2026-11-22T05:01:07.000Z"},
    "modifiedAt": "2026-11-22T05:01:07.000Z",
}


def told(body: object) -> Answer:
    return Answer("delivered", "207", body=json.dumps(body).encode())


def test_terms_are_whole_addresses_and_the_brokers_own_instant_is_left_to_it() -> None:
    found = expanded(ENTITY)
    assert found["type"] == f"{MODELS}WasteContainer"
    assert found.keys() == {"id", "type", "location", f"{MODELS}fillingLevel"}
    assert found[f"{MODELS}fillingLevel"] == ENTITY["fillingLevel"]


def test_the_same_entity_has_the_same_digest_in_any_order() -> None:
    again = dict(reversed(ENTITY.items()))
    assert digest_of(ENTITY) == digest_of(again)
    assert digest_of(ENTITY) != digest_of(ENTITY | {"name": {"type": "Property", "value": "Marché"}})


def test_what_is_refused_in_parts_is_named_with_its_reason() -> None:
    error = {"type": "https://uri.etsi.org/ngsi-ld/errors/BadRequestData", "title": "Bad", "detail": "no point"}
    answer = told({"success": ["a"], "errors": [{"entityId": "b", "error": error}]})
    assert refused_of(answer, ["a", "b"]) == {"b": "BadRequestData: no point"}
    plain = told({"errors": [{"entityId": "b", "error": "no"}]})
    assert refused_of(plain, ["a", "b"]) == {"b": "no"}
    assert refused_of(Answer("delivered", "201"), ["a"]) == {}


@pytest.mark.parametrize("body", [None, [], {}, {"errors": None}, {"errors": [{}]}, {"errors": ["b"]}, "text"])
def test_parts_that_cannot_be_read_are_none_that_were_taken(body: object) -> None:
    refused = refused_of(told(body), ["a", "b"])
    assert refused.keys() == {"a", "b"}
