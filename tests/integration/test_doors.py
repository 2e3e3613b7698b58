"""The doors over real sockets, to the store: ChirpStack's by MQTT through the bridge, the others over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import paho.mqtt.client as paho
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.types.json import Jsonb

from infra.migrate import migrate
from infra.stack.ports import free_port
from infra.stack.server import Server
from infra.stack.services import running_services
from infra.stack.stack import Stack
from services.edges.store import make_key
from services.store.connection import connect
from tests.contract.waiting import eventually
from tests.support.published import chirpstack, client, forwarded, ttn

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

CITY = "testville"
PLAIN = {"id": "bac", "name": "Bac", "service_s": 90, "kg_per_l": 0.25, "fill_per_day": 0.45}
KIND = PLAIN | {"mount_mm": 2400, "blind_mm": 400}
AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture(scope="module")
def url(fresh_stack: Stack) -> str:
    """A city of two containers whose kind has an inside, and a truck."""
    migrate(fresh_stack.database_url)
    with psycopg.connect(fresh_stack.database_url) as connection:
        connection.execute("INSERT INTO city VALUES (%s, 'Testville', 'UTC', '{}', NULL, now())", (CITY,))
        connection.execute("INSERT INTO zone VALUES (%s, 'z', 'Zone', 10, '{}')", (CITY,))
        connection.execute(
            "INSERT INTO registry_entry VALUES (%s, 'container_kind', 'bac', 0, %s)", (CITY, Jsonb(KIND))
        )
        for container in ("COT-0412", "COT-0413"):
            connection.execute(
                "INSERT INTO container VALUES (%s, %s, %s, 2.4, 6.4, 'bac', 'z', 1100, true, '{}')",
                (CITY, container, container),
            )
        connection.execute("INSERT INTO truck VALUES (%s, 'T1', '{}')", (CITY,))
    return fresh_stack.database_url


@pytest.fixture(scope="module")
def keys(url: str) -> dict[str, str]:
    """A key for each door."""
    doors = (("chirpstack", None), ("ttn", None), ("traccar-forward", None), ("tracker", "T1"))
    with connect(url, name="test") as connection:
        return {door: make_key(connection, CITY, door, device, datetime.now(UTC)) for door, device in doors}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def services(fresh_stack: Stack, url: str, keys: dict[str, str], port: int) -> Iterator[dict[str, Server]]:
    """Bridge, doors and writer, running; they know the keys from the start."""
    assert keys
    environment = fresh_stack.environment() | {"TOURNEE_DATABASE_URL": url, "TOURNEE_EDGES_PORT": str(port)}
    with running_services(environment, fresh_stack.folder / "log", ("bridge", "edges", "writer")) as running:
        yield running


@pytest.fixture
def http(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client


def query(url: str, sql: str, *args: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql, args).fetchall()


def uplink(minutes: int, **changed: object) -> dict[str, object]:
    """1400 mm under a sensor at 2400 mm that is blind for 400: half full."""
    at = (AT + timedelta(minutes=minutes)).isoformat()
    return chirpstack(time=at, object={"battery": 92, "temperature": 25.7, "distance": 1400}, **changed)


def readings(url: str, container: str) -> list[tuple[object, ...]]:
    sql = "SELECT happened_at, fill_ratio FROM reading WHERE container_id = %s ORDER BY happened_at"
    return query(url, sql, container)


@pytest.mark.usefixtures("services")
def test_chirpstack_by_mqtt_is_a_reading_once_and_its_echoes_are_none(fresh_stack: Stack, url: str) -> None:
    """An uplink that eight gateways heard is larger than 4 KB; the same twice is once; a txack is nothing."""
    root = f"tournee/v1/{CITY}/chirpstack/main"
    ways = [{"gatewayId": f"{n:016x}", "rssi": -97, "metadata": {"x": "y" * 600}} for n in range(8)]
    sender = paho.Client(CallbackAPIVersion.VERSION2, client_id="chirpstack")
    sender.connect(fresh_stack.mqtt_host, fresh_stack.mqtt_port)
    sender.loop_start()
    for event, message in (
        ("up", uplink(0, rxInfo=ways)),
        ("txack", uplink(1)),
        ("up", uplink(0, rxInfo=ways)),
        ("up", chirpstack(time="soon", rxInfo=None)),
        ("up", uplink(5)),
    ):
        sender.publish(f"{root}/{event}", json.dumps(message), qos=1).wait_for_publish(10)
    eventually(lambda: len(readings(url, "COT-0412")) == 2)
    sender.disconnect()
    sender.loop_stop()
    assert readings(url, "COT-0412") == [(AT, 0.5), (AT + timedelta(minutes=5), 0.5)]
    distances = query(url, "SELECT distance_mm, device, decoder FROM uplink WHERE container_id = 'COT-0412'")
    assert distances == [(1400, "24e124713c141234", "em400-mud")] * 2
    eventually(lambda: len(query(url, "SELECT 1 FROM rejected WHERE mqtt_topic = 'doors/testville/chirpstack'")) == 1)
    eventually(lambda: query(url, "SELECT sum(messages), sum(rejected) FROM door_heard") == [(4, 1)])


@pytest.mark.usefixtures("services")
def test_networks_come_in_over_http_with_the_key_of_their_door(
    http: httpx.Client, url: str, keys: dict[str, str]
) -> None:
    own = ttn(decoded_payload={"Bat": 3.3, "Distance": 900, "Node_type": "LDDS75"}, received_at=AT.isoformat())
    own["end_device_ids"] = {"device_id": "COT-0413"}
    bearer = {"Authorization": f"Bearer {keys['ttn']}"}
    for wrong in ({}, {"Authorization": "Bearer no"}, {"X-Api-Key": keys["chirpstack"]}):
        assert http.post(f"/{CITY}/ttn", json=own, headers=wrong).status_code == 401
    assert http.post(f"/{CITY}/ttn/uplink", json=own, headers=bearer).json() == {"outcome": "taken", "detail": None}
    # 2400 - 900 of 2000 mm
    eventually(lambda: readings(url, "COT-0413") == [(AT, 0.75)])
    joined = http.post(f"/{CITY}/chirpstack?event=join", content=b"{}", headers={"X-Api-Key": keys["chirpstack"]})
    assert joined.json() == {"outcome": "passed_over"}
    refused = http.post(f"/{CITY}/ttn", content=b"{", headers=bearer)
    assert (refused.status_code, refused.json()["outcome"]) == (200, "rejected")
    assert http.post(f"/{CITY}/ttn", content=b"x" * 70_000, headers=bearer).status_code == 413


@pytest.mark.usefixtures("services")
def test_trackers_come_in_by_the_key_of_their_truck(http: httpx.Client, url: str, keys: dict[str, str]) -> None:
    """By GET and POST of the OsmAnd protocol, Traccar Client, a Traccar that is there: 10 knots, 4.2 m/s."""
    key = keys["tracker"]
    place = {"lat": "6.37", "lon": "2.39", "speed": "10"}
    at = int(AT.timestamp())
    assert http.get(f"/{key}", params=place | {"id": "any", "timestamp": str(at)}).status_code == 200
    assert http.post("/", params=place | {"id": key, "timestamp": str(at + 60)}).status_code == 200
    assert http.post(f"/{key}", data=place | {"id": "any", "timestamp": str(at + 120)}).status_code == 200
    phone = client(timestamp=(AT + timedelta(minutes=3)).isoformat())
    assert http.post(f"/{key}", json=phone).status_code == 200
    old = forwarded(fixTime=(AT + timedelta(minutes=4)).isoformat()) | {"device": {"uniqueId": "T1"}}
    bearer = {"Authorization": f"Bearer {keys['traccar-forward']}"}
    assert http.post(f"/{CITY}/traccar", json=old, headers=bearer).json()["outcome"] == "taken"
    assert http.get("/", params=place | {"id": "stranger"}).status_code == 400
    assert http.post("/", json=phone).status_code == 404
    rows = "SELECT speed_kmh FROM position WHERE truck_id = 'T1' ORDER BY happened_at"
    eventually(lambda: len(query(url, rows)) == 5)
    assert [speed for (speed,) in query(url, rows)] == [
        pytest.approx(v, abs=0.01) for v in (18.52, 18.52, 18.52, 15.12, 18.52)
    ]


def test_without_kafka_a_network_is_told_to_come_again(fresh_stack: Stack, url: str, keys: dict[str, str]) -> None:
    """Nothing is answered with 200 that Kafka has not."""
    own_port = free_port()
    environment = fresh_stack.environment() | {
        "TOURNEE_DATABASE_URL": url,
        "TOURNEE_EDGES_PORT": str(own_port),
        "TOURNEE_KAFKA": f"127.0.0.1:{free_port()}",
    }
    with running_services(environment, fresh_stack.folder / "log" / "alone", ("edges",)):
        headers = {"X-Api-Key": keys["chirpstack"]}
        answer = httpx.post(
            f"http://127.0.0.1:{own_port}/{CITY}/chirpstack", json=uplink(9), headers=headers, timeout=60
        )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
