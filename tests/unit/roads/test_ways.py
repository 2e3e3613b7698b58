"""What a driver is told, and files of a circuit."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from services.contracts.planning import Circuit, Visit
from services.roads.manoeuvres import Language, instruction
from services.roads.ways import GPX, Leg, Manoeuvre, Way, geojson_of, gpx_of, straight_way

LEAVES = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)


def visit(number: int, kind: str, place: str | None, lon: float | None, lat: float | None) -> Visit:
    at = LEAVES + timedelta(minutes=10 * number)
    look = {"arrive_at": at, "start_at": at, "leave_at": at, "load_kg": 0, "load_l": 0}
    return Visit.model_validate({"kind": kind, "place": place, "lon": lon, "lat": lat, **look})


CIRCUIT = Circuit(
    number=2,
    truck="RB-1021",
    distance_m=900,
    fuel_l=1,
    duty_s=1800,
    trips=1,
    visits=(
        visit(0, "depot", "mairie", 2.43, 6.37),
        visit(1, "stop", "C-7", 2.44, 6.37),
        visit(2, "break", None, None, None),
        visit(3, "disposal", "decharge", 2.44, 6.38),
        visit(4, "depot", "mairie", 2.43, 6.37),
    ),
)
WAY = Way(
    (
        Leg(400, 60, ((2.43, 6.37), (2.435, 6.37), (2.44, 6.37)),
            (Manoeuvre("depart", "", "Rue du Port", None, 400, 60, 2.43, 6.37),
             Manoeuvre("arrive", "right", "Rue du Port", None, 0, 0, 2.44, 6.37))),
        Leg(500, 70, ((2.44, 6.37), (2.44, 6.38)), (Manoeuvre("turn", "left", "", None, 500, 70, 2.44, 6.37),)),
        Leg(0, 0, ((2.44, 6.38),), ()),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "direction", "street", "exit_number", "fr", "en"),
    [
        ("depart", "right", "Rue du Port", None, "Partir sur Rue du Port", "Set off onto Rue du Port"),
        ("turn", "slight left", "", None, "Tourner légèrement à gauche", "Turn slightly left"),
        ("turn", "straight", "", None, "Aller tout droit", "Go straight on"),
        ("continue", "uturn", "", None, "Faire demi-tour", "Make a U-turn"),
        ("roundabout", "right", "A 3", 2, "Au rond-point, prendre la 2e sortie sur A 3",
         "At the roundabout, take the 2nd exit onto A 3"),
        ("rotary", "right", "", 11, "Entrer dans le rond-point", "Enter the roundabout"),
        ("arrive", "left", "Rue du Port", None, "Arrivée à gauche", "Arrive on the left"),
        ("arrive", "", "", None, "Arrivée", "Arrive"),
        ("hyperspace", "right", "", None, "Tourner à droite", "Turn right"),
    ],
)  # fmt: skip
def test_drivers_are_told_in_their_language(
    kind: str, direction: str, street: str, exit_number: int | None, fr: str, en: str
) -> None:
    """Also what OSRM may say one day and we do not know: the direction is right in any case."""
    assert instruction(kind, direction, street, exit_number, "fr") == fr
    assert instruction(kind, direction, street, exit_number, "en") == en


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_phrase_can_be_said(language: Language) -> None:
    """No kind, direction or exit leaves a brace, a double space or nothing behind."""
    kinds = [
        "turn",
        "new name",
        "depart",
        "arrive",
        "merge",
        "on ramp",
        "off ramp",
        "fork",
        "end of road",
        "continue",
        "roundabout",
        "rotary",
        "roundabout turn",
        "notification",
        "exit roundabout",
        "exit rotary",
        "use lane",
    ]
    directions = ["uturn", "sharp right", "right", "slight right", "straight", "slight left", "left", "sharp left", ""]
    said = [
        instruction(kind, direction, street, number, language)
        for kind in kinds
        for direction in directions
        for street in ("", "Rue")
        for number in (None, 1)
    ]
    assert all(text and "{" not in text and "  " not in text and text == text.strip() for text in said)


def test_geojson_has_a_line_a_leg_and_a_point_a_visit() -> None:
    """Coordinates are lon, lat; a leg to the same place is still a line of two points (RFC 7946)."""
    document = json.loads(json.dumps(geojson_of(CIRCUIT, WAY, source="osm")))
    lines = [f for f in document["features"] if f["geometry"]["type"] == "LineString"]
    points = [f for f in document["features"] if f["geometry"]["type"] == "Point"]
    assert [len(line["geometry"]["coordinates"]) for line in lines] == [3, 2, 2]
    assert lines[0]["geometry"]["coordinates"][0] == [2.43, 6.37]
    assert (lines[1]["properties"]["from"], lines[1]["properties"]["to"]) == ("C-7", "decharge")
    assert lines[0]["properties"]["manoeuvres"][0]["text"] == "Partir sur Rue du Port"
    assert [point["properties"]["kind"] for point in points] == ["depot", "stop", "disposal", "depot"]
    assert document["properties"]["roads"] == "osm"


def test_gpx_is_read_back_with_its_visits_and_its_track() -> None:
    """Navigation apps read GPX 1.1: names with odd letters, times in UTC, a segment a leg."""
    root = ET.fromstring(gpx_of(CIRCUIT, WAY, name="Tournée 2", names={"C-7": "Marché <1> & 2"}))  # noqa: S314 (our own text)
    name = {"g": GPX}
    points = root.findall("g:rte/g:rtept", name)
    assert [point.findtext("g:name", namespaces=name) for point in points] == [
        "mairie", "Marché <1> & 2", "decharge", "mairie",
    ]  # fmt: skip
    assert points[0].findtext("g:time", namespaces=name) == "2026-03-03T04:30:00Z"
    assert points[0].get("lat") == "6.370000"
    assert [len(segment) for segment in root.findall("g:trk/g:trkseg", name)] == [3, 2, 1]


def test_a_circuit_is_one_line_and_without_streets_a_straight_one() -> None:
    """Joints stand once; a break has no place and no leg."""
    assert WAY.line == ((2.43, 6.37), (2.435, 6.37), (2.44, 6.37), (2.44, 6.38))
    assert straight_way(CIRCUIT.visits).line == ((2.43, 6.37), (2.44, 6.37), (2.44, 6.38), (2.43, 6.37))
