"""The query language and geo-queries of NGSI-LD: what is asked for is found, what cannot be read is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portals.isles import isles_of
from services.web.ngsi_ld.asking import read_asked
from services.web.ngsi_ld.places import read_place
from services.web.ngsi_ld.problems import NgsiProblem
from services.web.ngsi_ld.query import read_query

ENTITY = {
    "id": "urn:ngsi-ld:WasteContainer:cotonou:COT-0412",
    "type": "WasteContainer",
    "name": {"type": "Property", "value": "Marché Dantokpa"},
    "fillingLevel": {"type": "Property", "value": 0.62, "observedAt": "2026-11-22T05:01:07.000Z"},
    "storedWasteKind": {"type": "Property", "value": "organic"},
    "dateLastEmptying": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-20T07:41:00Z"}},
    "refWasteContainerModel": {"type": "Relationship", "object": "urn:ngsi-ld:WasteContainerModel:cotonou:bac"},
}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("fillingLevel>0.6", True),
        ("fillingLevel>=0.62", True),
        ("fillingLevel>0.62", False),
        ("fillingLevel==0.62", True),
        ("fillingLevel==0.5..0.8", True),
        ("fillingLevel==0.7..0.8", False),
        ("fillingLevel!=0.5..0.8", False),
        ('storedWasteKind=="organic"', True),
        ("storedWasteKind==organic", True),
        ('storedWasteKind=="glass","organic"', True),
        ('storedWasteKind!="glass"', True),
        ('name=="Marché Dantokpa"', True),
        ('fillingLevel>0.6;storedWasteKind=="glass"', False),
        ('fillingLevel>0.6|storedWasteKind=="glass"', True),
        ('(fillingLevel>0.9|storedWasteKind=="organic");fillingLevel<0.7', True),
        ('fillingLevel>0.9;(storedWasteKind=="organic"|fillingLevel<0.7)', False),
        ("fillingLevel", True),
        ("temperature", False),
        ("temperature!=3", False),
        ("fillingLevel.observedAt>2026-11-22T00:00:00Z", True),
        ("fillingLevel.observedAt>2026-11-22T06:00:00+01:00", True),
        ("fillingLevel.observedAt>2026-11-22T07:00:00+01:00", False),
        ("dateLastEmptying<2026-11-21T00:00:00Z", True),
        ('refWasteContainerModel=="urn:ngsi-ld:WasteContainerModel:cotonou:bac"', True),
        ("fillingLevel=='0.62'", False),
        ("fillingLevel==true", False),
        ("https://smartdatamodels.org/dataModel.WasteManagement/fillingLevel>0.6", True),
    ],
)
def test_query_finds_what_is_asked_for(query: str, is_found: bool) -> None:
    assert read_query(query)(ENTITY) is is_found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("fillingLevel>", "expected a value"),
        (">0.5", "expected an attribute"),
        ("(fillingLevel>0.5", r"expected \)"),
        ("fillingLevel>0.5)", "expected the end"),
        ("fillingLevel>0.5;", "expected an attribute"),
        ('name~="Mar.*"', "patterns"),
        ('name=="open', "cannot be read"),
        ("(" * 50 + "a" + ")" * 50, "parentheses"),
        ("a" * 3000, "characters"),
    ],
)
def test_query_that_cannot_be_read_is_refused_in_words(query: str, said: str) -> None:
    with pytest.raises(NgsiProblem, match=said):
        read_query(query)


@given(st.text(alphabet='ab.01()|;,<>=!~" \\', max_size=60))
def test_no_query_breaks_the_reader(query: str) -> None:
    """Refused in words, or read; nothing else."""
    try:
        test = read_query(query)
    except NgsiProblem:
        return
    assert test(ENTITY) in {True, False}


SQUARE = "[[[2.0,6.0],[3.0,6.0],[3.0,7.0],[2.0,7.0],[2.0,6.0]]]"


@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "is_there"),
    [
        ("near;maxDistance==200", "Point", "[2.3912,6.3703]", True),
        ("near;maxDistance==100", "Point", "[2.3912,6.3715]", False),  # 0.0012 degrees north are 133 m
        ("near;maxDistance==200", "Point", "[2.3912,6.3715]", True),
        ("near;minDistance==100", "Point", "[2.3912,6.3715]", True),
        ("within", "Polygon", SQUARE, True),
        ("intersects", "Polygon", SQUARE, True),
        ("disjoint", "Polygon", SQUARE, False),
        ("within", "MultiPolygon", f"[{SQUARE}]", True),
        ("within", "Polygon", SQUARE.replace("6.", "8."), False),
    ],
)
def test_place_is_found(georel: str, geometry: str, coordinates: str, is_there: bool) -> None:
    assert read_place(georel, geometry, coordinates)(np.array([[2.3912, 6.3703]])).tolist() == [is_there]


@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "said"),
    [
        ("near;maxDistance==200", None, None, "geometry and coordinates"),
        ("near", "Point", "[2,6]", "needs a distance"),
        ("near;maxDistance=200", "Point", "[2,6]", "maxDistance==METRES"),
        ("near;maxDistance==nan", "Point", "[2,6]", "maxDistance==METRES"),
        ("near;maxDistance==2", "Point", "[6,200]", "nowhere"),
        ("near;maxDistance==2", "Point", "2,6", "expected JSON"),
        ("near;maxDistance==2", "Point", "[true,6]", "degrees east"),
        ("near;maxDistance==2", "Polygon", SQUARE, "near a Point"),
        ("overlaps", "Polygon", SQUARE, "are supported"),
        ("within", "Polygon", "[[[2,6],[3,6],[3,7]]]", "four points"),
        ("within", "Polygon", "[]", "expected rings"),
        ("within", "Polygon", "[[1]]", "four points"),
        ("within", "Polygon", "[" * 5000, "expected JSON"),
        ("within", "Polygon", json.dumps([[[2, 6]] * 1500]), "at most"),
    ],
)
def test_place_that_is_none_is_refused_in_words(
    georel: str, geometry: str | None, coordinates: str | None, said: str
) -> None:
    with pytest.raises(NgsiProblem, match=said):
        read_place(georel, geometry, coordinates)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "at least one of"),
        ({"limit": "20"}, "at least one of"),
        ({"type": "WasteContainer", "limit": "1001"}, "from 0 to 1000"),
        ({"type": "WasteContainer", "limit": "-1"}, "from 0"),
        ({"type": "WasteContainer", "offset": "٣"}, "whole number"),
        ({"type": "WasteContainer", "idPattern": ".*"}, "idPattern: not supported"),
        ({"type": "WasteContainer", "geoQ": "near"}, "geoQ: not supported"),
        ({"type": "WasteContainer", "options": "concise"}, "concise"),
        ({"georel": "within", "geometry": "Polygon", "coordinates": SQUARE, "geoproperty": "area"}, "location"),
    ],
)
def test_request_that_is_not_understood_is_refused_in_words(parameters: dict[str, str], said: str) -> None:
    """Never answered with something else than what was asked for."""
    with pytest.raises(NgsiProblem, match=said):
        read_asked(parameters)


def test_containers_that_stand_together_are_an_isle() -> None:
    """0.0001 degrees are 11 m: a and b, b and c are neighbours, so all three; d stands 100 m away, alone."""
    spots = [("c", 2.0002, 6.0), ("a", 2.0, 6.0), ("b", 2.0001, 6.0), ("d", 2.001, 6.0)]
    assert isles_of(spots) == {"a": "a", "b": "a", "c": "a"}
    assert isles_of([]) == {}
