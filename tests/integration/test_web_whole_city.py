"""Pages that show a whole city read it once; pages of one circuit read that circuit's containers only."""

import csv
from datetime import datetime

import pytest

from services.store.connection import Connection, connect
from services.web.figures import store as shared
from services.web.operator import store
from tests.support.web_seed import CITY, DISTRICTS, DRIVER, NOW, OPERATOR, PLAN, containers
from tests.support.web_server import LogIn

SEEDED = {row["id"]: row for row in containers()}
ZONE_NAMES = {zone: name for zone, name, _, _ in DISTRICTS}


@pytest.fixture
def readings_of_the_city(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by a city's id each time that all its containers are read."""
    read: list[str] = []
    list_containers = store.list_containers

    def noted(connection: Connection, city: str, fleet: str | None = None) -> list[store.ContainerRow]:
        read.append(city)
        return list_containers(connection, city, fleet)

    monkeypatch.setattr(store, "list_containers", noted)
    return read


def test_each_value_of_a_container_stands_under_its_name(log_in: LogIn) -> None:
    """Rows are made by position: a column moved in the query would give a container another's meaning."""
    client = log_in(OPERATOR)
    rows = {row["container"]: row for row in csv.DictReader(client.get("/api/v1/containers.csv").text.splitlines())}
    features = {f["id"]: f for f in client.get("/api/v1/containers.geojson").json()["features"]}
    assert rows.keys() == features.keys() == SEEDED.keys()
    for place, seeded in SEEDED.items():
        row, feature = rows[place], features[place]
        shown = (row["name"], row["zone"], row["kind"], float(row["capacity_l"]), row["sensor"], row["last_emptied_at"])
        assert shown == (seeded["name"], seeded["zone"], seeded["kind"], seeded["capacity_l"], "true", "")
        assert (float(row["lon"]), float(row["lat"]), float(row["fill_ratio"])) == (
            seeded["lon"],
            seeded["lat"],
            seeded["fill"],
        )
        drawn = feature["properties"]
        assert (drawn["name"], drawn["zone"]) == (seeded["name"], ZONE_NAMES[seeded["zone"]])
        assert (*feature["geometry"]["coordinates"], drawn["fill_ratio"]) == (
            seeded["lon"],
            seeded["lat"],
            seeded["fill"],
        )
        heard_h = (NOW - datetime.fromisoformat(drawn["fill_at"])).total_seconds() / 3600
        assert heard_h == pytest.approx(seeded["hours_ago"])


@pytest.mark.parametrize(
    "page", ["/operateur", "/operateur/panneau", f"/operateur/envoi?plan={PLAN}", "/api/v1/containers.geojson"]
)
def test_page_of_the_city_reads_it_once(log_in: LogIn, readings_of_the_city: list[str], page: str) -> None:
    """Reading 50,000 containers is most of what these pages cost."""
    assert log_in(OPERATOR).get(page).status_code == 200
    assert readings_of_the_city == [CITY]


def test_page_of_one_circuit_leaves_the_city_alone(log_in: LogIn, readings_of_the_city: list[str]) -> None:
    """Hundreds of drivers open theirs within minutes; each stop has its container's name and district all the same."""
    visits = log_in(DRIVER).get("/api/v1/driver/circuit").json()["visits"]
    stops = {visit["place"]: (visit["name"], visit["zone"]) for visit in visits if visit["kind"] == "stop"}
    assert stops == {place: (SEEDED[place]["name"], ZONE_NAMES[SEEDED[place]["zone"]]) for place in stops}
    gpx = log_in(OPERATOR).get(f"/api/v1/plans/{PLAN}/circuits/1.gpx").text
    assert stops
    assert all(f"{name}</name>" in gpx for name, _ in stops.values())
    assert readings_of_the_city == []


def test_container_out_of_service_goes_by_its_id(database_url: str) -> None:
    """A plan made before a container was taken away is shown still; the container has no name any more."""
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE container SET active = false WHERE container_id = 'B-002'")
        names = shared.find_container_names(connection, CITY, ["B-001", "B-002", "centre"])
        connection.rollback()
    assert list(names) == ["B-001"]
