"""Streets for the phone: what is near the circuit, in small whole numbers."""

from services.web.driver.near import KINDS, UNIT, streets_near


def feature(kind: str, geometry: str, coordinates: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"kind": kind}, "geometry": {"type": geometry, "coordinates": coordinates}}


def test_streets_near_the_circuit_come_back_where_they_were() -> None:
    """Steps from the origin add up to the positions, to a metre; what is far away is left out."""
    near = [[2.4, 6.3], [2.401, 6.3015], [2.402, 6.3]]
    streets = {"features": [feature("bridge", "LineString", near), feature("street", "LineString", [[9, 9], [9, 8]])]}
    found = streets_near(streets, [(2.4, 6.3), (2.41, 6.31)])
    ((kind, *steps),) = found["lines"]
    assert KINDS[kind] == "avenue"
    x = y = 0
    back = []
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        back.append([round(found["origin"][0] + x / UNIT, 5), round(found["origin"][1] + y / UNIT, 5)])
    assert back == near


def test_water_around_the_circuit_is_there() -> None:
    """A lagoon whose corners all lie outside still covers the circuit."""
    lagoon = feature("lagoon", "Polygon", [[[2, 6], [3, 6], [3, 7], [2, 7], [2, 6]]])
    assert [line[0] for line in streets_near({"features": [lagoon]}, [(2.4, 6.3)])["lines"]] == [KINDS.index("water")]


def test_no_streets_or_no_line_is_an_empty_answer() -> None:
    """The phone then draws the way on white."""
    assert streets_near(None, [(2.4, 6.3)])["lines"] == []
    assert streets_near({"features": []}, [])["lines"] == []
