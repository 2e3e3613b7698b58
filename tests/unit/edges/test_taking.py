"""What a message at a door of a city becomes in Kafka."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import ValidationError

from services.city.registry import ContainerKind
from services.clock import SimulatedClock
from services.contracts.doors import DoorHeard, UplinkReceived
from services.contracts.telemetry import DeviceNoted, MessageRejected, PositionReceived, ReadingReceived
from services.edges.choosing import DECODERS
from services.edges.decoder import Decoder
from services.edges.door_registry import DoorRegistry, FreshDoorRegistry, Sender
from services.edges.doorkeeper import DoorKeeper, parse_network_topic
from services.edges.outlet import Outlet
from services.edges.server import NO_KEY, WRONG_KEY, DoorServer
from services.edges.taking import OF_A_READING, Keep, Made, Taken, Taker
from services.edges.values import Fields
from services.operations.meters import EdgeMeter
from tests.support.published import NOW, chirpstack, client, forwarded, payload, ttn

KIND = ContainerKind.model_validate(
    {
        "id": "bac",
        "name": "Bac",
        "service_s": 90,
        "kg_per_l": 0.25,
        "fill_per_day": 0.45,
        "mount_mm": 2400,
        "blind_mm": 400,
    }
)
PLAIN = ContainerKind(id="plain", name="Bac", service_s=90, kg_per_l=0.25, fill_per_day=0.45)
REGISTRY = DoorRegistry(
    containers={("cotonou", "COT-0412"): KIND, ("cotonou", "COT-0413"): PLAIN},
    trucks=frozenset({("cotonou", "T01")}),
    named={("cotonou", "containers", "24e124713c149999"): Sender("COT-0413", "ldds75")},
)
KEEP = Keep(timedelta(days=730), timedelta(days=90))
STRAIGHT = {"battery": 92, "temperature": 25.7, "distance": 1400, "position": "normal"}


class Fixed:
    def now(self) -> datetime:
        return NOW


def take(
    message: object, door: str = "chirpstack", device: str | None = None, registry: DoorRegistry = REGISTRY
) -> Taken:
    return Taker(DECODERS, KEEP).take("cotonou", door, payload(message), now=NOW, registry=registry, device=device)


def topics_of(taken: Taken) -> list[str]:
    return [made.topic for made in taken.events]


def test_uplink_is_its_distance_and_the_reading_made_of_it() -> None:
    """1400 mm below a sensor at 2400 mm, blind for 400: (2400 - 1400) / 2000 = 0.5."""
    taken = take(chirpstack(object=STRAIGHT))
    assert (taken.outcome, topics_of(taken)) == ("taken", ["uplinks", "readings"])
    assert all(made.key == b"cotonou/COT-0412" for made in taken.events)
    uplink = UplinkReceived.model_validate_json(taken.events[0].value)
    assert (uplink.distance_mm, uplink.device, uplink.decoder) == (1400, "24e124713c141234", "em400-mud")
    reading = ReadingReceived.model_validate_json(taken.events[1].value)
    assert (reading.container, reading.fill_ratio, reading.battery_ratio) == ("COT-0412", 0.5, 0.92)
    assert reading.happened_at == datetime(2026, 11, 22, 5, 1, 7, 123000, tzinfo=UTC)


def test_distance_is_kept_where_no_fill_can_be_told_and_the_technician_hears_why() -> None:
    tilted = take(chirpstack())
    assert (tilted.outcome, topics_of(tilted)) == ("left_aside", ["uplinks"])
    assert "tilted" in tilted.notes[0].about.told
    own = chirpstack()["deviceInfo"]
    assert isinstance(own, dict)
    plain = take(chirpstack(object=STRAIGHT, deviceInfo=own | {"tags": {"container": "COT-0413"}}))
    assert topics_of(plain) == ["uplinks"]
    assert "mount_mm" in plain.notes[0].about.told


def test_distance_that_cannot_be_of_its_container_is_kept_and_rejected() -> None:
    taken = take(chirpstack(object=STRAIGHT | {"distance": 100}))
    assert (taken.outcome, topics_of(taken)) == ("rejected", ["rejected", "uplinks"])
    rejection = MessageRejected.model_validate_json(taken.events[0].value)
    assert rejection.mqtt_topic == "doors/cotonou/chirpstack"
    assert rejection.detail == "distance: 100; expected 400 to 2640 mm for container kind bac"


def test_decoder_that_the_city_named_is_the_one_that_reads() -> None:
    own = chirpstack()["deviceInfo"]
    assert isinstance(own, dict)
    message = chirpstack(deviceInfo=own | {"devEui": "24e124713c149999"}, object=None, data="DRkEsAAAAAE=", fPort=9)
    assert take(message).heard.distance_mm == 1200


def test_others_events_and_simulated_uplinks_make_nothing() -> None:
    about = {name: chirpstack()[name] for name in ("deduplicationId", "time", "deviceInfo")}
    joined = take(about | {"devAddr": "00189440"})
    assert (joined.outcome, joined.events) == ("passed_over", [])
    simulated = take(ttn() | {"simulated": True}, "ttn")
    assert (simulated.outcome, simulated.events) == ("passed_over", [])


def test_device_of_nobody_is_rejected_with_what_to_do() -> None:
    taken = take(chirpstack(), registry=DoorRegistry())
    rejection = MessageRejected.model_validate_json(taken.events[0].value)
    assert rejection.reason == "unknown_device"
    assert "tournee device add cotonou --from-chirpstack" in rejection.detail
    assert json.loads(rejection.payload) == chirpstack()


def test_what_is_older_than_is_kept_is_rejected_as_at_the_bridge() -> None:
    taken = take(chirpstack(time="2020-01-01T00:00:00Z"))
    assert MessageRejected.model_validate_json(taken.events[0].value).reason == "too_old"


def test_tracker_is_of_the_truck_of_its_key_whatever_it_calls_itself() -> None:
    taken = take(client(), "traccar-client", device="T02")
    position = PositionReceived.model_validate_json(taken.events[0].value)
    assert (taken.events[0].topic, position.truck) == ("positions", "T02")
    assert position.speed_kmh == 15.12
    assert PositionReceived.model_validate_json(take(client(), "traccar-client").events[0].value).truck == "T01"


def test_what_an_engine_counts_goes_with_the_position() -> None:
    """Traccar's units: litres, metres, milliseconds. Other words stand with their unit, what is wrong costs nothing."""
    told = {"fuelUsed": 18240.5, "obdOdometer": 310_250_000, "odometer": 5, "hours": 3_600_000}
    taken = take(forwarded(attributes=told), "traccar-forward", device="T01")
    position = PositionReceived.model_validate_json(taken.events[0].value)
    assert (position.fuel_used_l, position.odometer_m, position.engine_s) == (18240.5, 310_250_000, 3600)
    query = "/?id=T01&lat=6.37&lon=2.39&fuelUsed=18240.5+l&odometer=310250+km&hours=2.5+h&fuel=24&fuelConsumption=9.5"
    spoken = Taker(DECODERS, KEEP).take("cotonou", "osmand", query.encode(), now=NOW, registry=REGISTRY, device="T01")
    position = PositionReceived.model_validate_json(spoken.events[0].value)
    assert (position.fuel_used_l, position.odometer_m, position.engine_s) == (18240.5, 310_250_000, 9000)
    assert spoken.outcome == "taken"
    wrong = take(forwarded(attributes={"fuelUsed": "many", "odometer": 4294967295}), "traccar-forward", device="T01")
    position = PositionReceived.model_validate_json(wrong.events[0].value)
    assert (position.fuel_used_l, position.odometer_m) == (None, None)
    assert [note.about.field for note in wrong.notes] == [
        "position.attributes.fuelUsed", "position.attributes.odometer"
    ]  # fmt: skip


def test_the_same_message_twice_is_the_same_events() -> None:
    assert take(chirpstack(object=STRAIGHT)).events == take(chirpstack(object=STRAIGHT)).events
    assert take(chirpstack(), registry=DoorRegistry()).events == take(chirpstack(), registry=DoorRegistry()).events


def test_desk_tells_once_what_came_what_was_left_aside_and_what_was_rejected() -> None:
    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), Fixed(), Taker(DECODERS, KEEP))
    for message in (chirpstack(object=STRAIGHT), chirpstack(), chirpstack(time="soon", rxInfo=None)):
        doorkeeper.take("cotonou", "chirpstack", payload(message))
    told: list[Made] = []
    doorkeeper.tell(told.append)
    notes = [DeviceNoted.model_validate_json(made.value) for made in told if made.topic == "device-notes"]
    assert [(note.device, note.field) for note in notes] == [("COT-0412", "fill_ratio")]
    (state,) = [DoorHeard.model_validate_json(made.value) for made in told if made.topic == "door-states"]
    assert (state.messages, state.left_aside, state.rejected) == (3, 1, 1)
    assert state.last_rejected is not None
    assert "24e124713c141234 · time: 'soon'; expected" in state.last_rejected
    told.clear()
    doorkeeper.tell(told.append)
    assert told == []


def test_device_of_a_simulated_city_lives_by_the_machines_clock_and_its_reading_by_the_citys() -> None:
    """The city's day is another one and runs thirty times as fast: what is of now there is of now here, twice once."""
    began_s = time.time() - 60
    clock = SimulatedClock(NOW - timedelta(days=400), began_s, 30.0)
    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), clock, Taker(DECODERS, KEEP), simulation=clock)

    def taken_at(spoken: datetime) -> Taken:
        message = chirpstack(time=spoken.isoformat(), object=STRAIGHT, rxInfo=None)
        return doorkeeper.take("cotonou", "chirpstack", payload(message))

    spoken = datetime.now(UTC) - timedelta(seconds=20)
    first, again = taken_at(spoken), taken_at(spoken)
    assert first.outcome == "taken"
    reading = ReadingReceived.model_validate_json(first.events[1].value)
    since = reading.happened_at - (NOW - timedelta(days=400))
    assert since.total_seconds() == pytest.approx(30 * (spoken.timestamp() - began_s), abs=0.001)
    assert reading.happened_at <= reading.received_at
    assert again.heard.happened_at == first.heard.happened_at
    ahead = taken_at(datetime.now(UTC) + timedelta(minutes=2))
    assert ahead.heard.happened_at is not None
    assert ahead.heard.happened_at <= clock.now()
    assert taken_at(datetime.now(UTC) + timedelta(minutes=9)).outcome == "rejected"
    long_ago = taken_at(datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=8000))
    assert (long_ago.outcome, topics_of(long_ago)) == ("rejected", ["rejected"])


def test_network_topics_are_known_by_their_door_and_their_end() -> None:
    root = "tournee/v1/cotonou"
    assert parse_network_topic(f"{root}/chirpstack/main/up".encode()) == ("cotonou", "chirpstack", True)
    assert parse_network_topic(f"{root}/chirpstack/main/txack".encode()) == ("cotonou", "chirpstack", False)
    deep = f"{root}/ttn/main/v3/bacs@ttn/devices/cot-0412/up"
    assert parse_network_topic(deep.encode()) == ("cotonou", "ttn", True)
    for other in (f"{root}/containers/C1/reading", f"{root}/containers/ttn/reading", "x/chirpstack/y", "/ttn/"):
        assert parse_network_topic(other.encode()) is None


def test_what_a_citys_own_decoder_leaves_behind_rejects_the_message_and_ends_nothing() -> None:
    """Text where a number belongs, an infinite temperature, an alarm that is no text: the bridge would end by it."""

    def spoil(**left: object) -> Taken:
        def read(fields: Fields) -> None:
            fields.heard.distance_mm = 1400
            for name, value in left.items():
                setattr(fields.heard, name, value)

        own = Decoder("own", (), lambda _: True, lambda _raw, _port: True, lambda _raw, _port, _heard: {}, read)
        taker = Taker((own,), KEEP)
        return taker.take("cotonou", "chirpstack", payload(chirpstack()), now=NOW, registry=REGISTRY)

    assert spoil().outcome == "taken"
    for left in ({"distance_mm": "far"}, {"temperature_c": 1e9}, {"battery_ratio": 7.0}, {"alarms": [1]}):
        taken = spoil(**left)
        assert (taken.outcome, topics_of(taken)) == ("rejected", ["rejected"])
        assert taken.detail is not None
        assert taken.detail.startswith("own: ")


def test_all_that_a_reading_says_an_uplink_says_within_the_same_bounds() -> None:
    """A reading made of an uplink is not validated again: at each bound both take the same and refuse the same."""
    reading = {"city": "porto", "container": "C1", "happened_at": NOW, "received_at": NOW, "fill_ratio": 0.5}
    uplink = reading | {"door": "ttn", "device": "d", "decoder": None, "distance_mm": 1}
    assert set(OF_A_READING) <= set(UplinkReceived.model_fields)
    for name, value in (
        *(("fill_ratio", value) for value in (0, 1.2, 1.21, -0.01, float("nan"))),
        *(("battery_ratio", value) for value in (None, 0, 1, 1.01, -0.01, float("inf"))),
        *(("temperature_c", value) for value in (None, -50, 150, -50.1, 150.1, float("nan"))),
    ):
        taken = []
        for contract, said in ((ReadingReceived, reading), (UplinkReceived, uplink)):
            try:
                contract.model_validate(said | {name: value})
                taken.append(True)
            except ValidationError:
                taken.append(False)
        assert taken[0] == taken[1], (name, value)


def test_door_tells_of_what_it_turned_away_but_of_no_city_that_somebody_made_up() -> None:
    """A key that is wrong is the newcomer's first fault: the technician's page says so, at the door that was meant."""
    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), Fixed(), Taker(DECODERS, KEEP))
    server = DoorServer(doorkeeper, Outlet("127.0.0.1:1"), EdgeMeter())

    async def ask() -> list[int]:
        async with AsyncClient(transport=ASGITransport(server), base_url="http://door") as client:
            asked: tuple[tuple[str, dict[str, str]], ...]
            asked = (("/cotonou/chirpstack", {}), ("/cotonou/traccar", {"X-Api-Key": "no"}), ("/nowhere/ttn", {}))
            return [(await client.post(path, headers=headers)).status_code for path, headers in asked]

    assert asyncio.run(ask()) == [401, 401, 401]
    told: list[Made] = []
    doorkeeper.tell(told.append)
    states = {state.door: state for state in (DoorHeard.model_validate_json(made.value) for made in told)}
    assert set(states) == {"chirpstack", "traccar-forward"}
    assert (states["chirpstack"].rejected, states["chirpstack"].last_rejected) == (1, NO_KEY)
    assert states["traccar-forward"].last_rejected == WRONG_KEY
