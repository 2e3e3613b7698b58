"""Containers by columns, for maps of large cities: the same places, states and circuits as the GeoJSON has."""

from services.web.operator.features import PER_DEGREE, containers_geojson, containers_in_columns
from services.web.operator.store import ContainerRow
from tests.support.large_town import MORNING, large_town, swept_plan

TOWN = large_town(300, 4)
PLAN = swept_plan(TOWN, 4, 20)
ROWS = [
    ContainerRow(
        one.id, one.name, one.lon, one.lat, one.kind, one.zone, one.zone, "main", one.capacity_l, one.sensor, 0.4,
        MORNING, None,
    )
    for one in TOWN.containers
]  # fmt: skip


def test_columns_say_what_the_geojson_says() -> None:
    columns = containers_in_columns(TOWN.city, ROWS, PLAN, MORNING)
    features = containers_geojson(TOWN.city, ROWS, PLAN, MORNING)["features"]
    lon = lat = 0
    told = []
    for n, name in enumerate(columns["id"]):
        lon, lat = lon + columns["lon"][n], lat + columns["lat"][n]
        state = columns["states"][int(columns["state"][n])]
        place = [round(lon / PER_DEGREE, 5), round(lat / PER_DEGREE, 5)]
        told.append((name, columns["name"][n], place, state, columns["circuit"][n] or None))
    assert told == [
        (f["id"], f["properties"]["name"], f["geometry"]["coordinates"], f["properties"]["state"],
         f["properties"]["circuit"])
        for f in features
    ]  # fmt: skip
    assert {state for *_, state, _ in told} == {"low", "soon", "due", "overflow"}


def test_columns_without_a_plan_know_what_was_heard() -> None:
    columns = containers_in_columns(TOWN.city, ROWS[:2], None, MORNING)
    assert columns["circuit"] == [0, 0]
    assert columns["state"] == "00"  # 0.4 is below all that is worth an eye


def test_a_city_without_containers_has_empty_columns() -> None:
    assert containers_in_columns(TOWN.city, [], None, MORNING)["id"] == []
