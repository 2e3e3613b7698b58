"""Whatever comes to a door, nothing ends by it, and what is not taken has a reason.

A million cases in all, while nothing else runs (`docs/devices.md`):

    TOURNEE_FUZZ_CASES=145000 pytest --timeout=0 tests/unit/edges/test_any_message.py
"""

import json
import os
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.city.registry import ContainerKind
from services.edges.choosing import DECODERS, read_sensor
from services.edges.decoder import Decoder
from services.edges.door import Moment
from services.edges.door_registry import DoorRegistry
from services.edges.heard import Heard, Refused
from services.edges.hearing import DOORS, READER, hear, read_json
from services.edges.taking import Keep, Taker
from services.writer.handlers import HANDLERS
from tests.support import published
from tests.support.published import NOW, chirpstack, client, forwarded, ttn

CASES = int(os.environ.get("TOURNEE_FUZZ_CASES", "0"))
"""Of each test; 0: a few hundred."""
MOMENT = Moment(NOW)
COUNTED = {"fuelUsed": 18240.5, "obdOdometer": 310_250_000, "odometer": "310250 km", "hours": 36e8, "batteryLevel": 88}
ENVELOPES = (chirpstack(), ttn(), client(), forwarded(), forwarded(attributes=COUNTED),
             dict(published.EM400_NB), dict(published.LDDS75_WITH_UNITS),
             {"id": "T01", "lat": "6.3", "lon": "2.4", "timestamp": "1764000000", "batt": "80"},
             {"id": "T01", "location": "6.3,2.4", "fuelUsed": "18240.5 l", "odometer": "310250 km", "hours": "2.5 h"},
             {"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": 0.5})  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Invalid Reading", "No Sensor", "3.6 V", "1200 mm", "NaN", "-1", "2026-11-22T05:01:07Z", "tilt"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def cases(usual: int) -> settings:
    """How many are tried: the usual, or what was asked for. Those that fail are told, not kept in a file."""
    return settings(max_examples=CASES or usual, deadline=None, database=None if CASES else settings.default.database)


def _paths(message: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where each value of a message stands."""
    inner = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    return [path, *(found for name, value in inner for found in _paths(value, (*path, name)))]


@st.composite
def spoilt(draw: st.DrawFn) -> object:
    """A published message with up to three values replaced or taken away."""
    message = json.loads(json.dumps(draw(st.sampled_from(ENVELOPES))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_paths(message)))
        if not path:
            continue
        at = message
        for name in path[:-1]:
            at = at[name]
        if draw(st.booleans()) and isinstance(at, dict):
            del at[path[-1]]
        else:
            at[path[-1]] = draw(VALUES)
    return message


def sensed(decoder: Decoder, decoded: dict[str, object] | None, raw: bytes | None, port: int | None) -> str:
    """Why there is no distance; where there is one, what is expected."""
    heard = Heard()
    try:
        read_sensor(heard, [decoder], decoded=decoded, raw=raw, port=port)
    except Refused as refused:
        return str(refused)
    return "no reason; expected a distance" if heard.distance_mm is not None else "neither"


def check(heard: Heard) -> None:
    json.dumps(heard.line(), allow_nan=False)
    assert heard.rejected is None or ":" in heard.rejected
    if heard.rejected is None and heard.kind == "containers":
        assert heard.distance_mm is not None or heard.fill_ratio is not None
    if heard.rejected is None and heard.door != heard.decoder:
        assert heard.happened_at is not None
    for ratio in (heard.battery_ratio, heard.fill_ratio):
        assert ratio is None or 0 <= ratio <= 1.2


@cases(300)
@given(spoilt(), st.sampled_from([None, *DOORS]))
def test_spoilt_messages_end_nothing(message: object, door: str | None) -> None:
    check(hear(json.dumps(message).encode(), MOMENT, door=DOORS[door] if door else None))


@cases(200)
@given(st.binary(max_size=200), st.sampled_from([None, *DOORS]))
def test_any_bytes_end_nothing(data: bytes, door: str | None) -> None:
    heard = hear(data, MOMENT, door=DOORS[door] if door else None)
    check(heard)


@cases(200)
@given(spoilt().map(json.dumps) | st.text(alphabet='{}[]",:0123456789.-+eEIinfNaNtrue\\\\u\\ud8', max_size=40))
def test_the_quick_reader_reads_as_the_slow_one(text: str) -> None:
    """Numbers beyond all bounds, NaN, halves of letters, names that stand twice."""
    try:
        slow: object = READER.decode(text)
    except ValueError:
        slow = None
    try:
        quick: object = read_json(text)
    except ValueError:
        quick = None
    assert repr(quick) == repr(slow)


@cases(300)
@given(st.text(alphabet="idlatonspetmb=&?%0123456789.,-T:+", max_size=80))
def test_any_query_ends_nothing(query: str) -> None:
    check(hear(f"/?{query}".encode(), MOMENT))


@cases(300)
@given(
    st.sampled_from(DECODERS),
    st.binary(max_size=60) | st.sampled_from([published.EM310, published.EM400, published.DL_MBX, published.LDDS75]),
    st.none() | st.integers(0, 255),
)
def test_any_bytes_at_any_decoder_give_a_distance_or_a_reason(decoder: Decoder, raw: bytes, port: int | None) -> None:
    assert "; expected " in sensed(decoder, None, raw, port)


@cases(300)
@given(
    st.sampled_from(DECODERS),
    st.dictionaries(
        st.sampled_from(["distance", "Distance", "battery", "Bat", "position", "temperature", "battery_voltage",
                         "distance_alarm", "number_of_valid_samples", "DATALOG"]),
        VALUES,
    ),
)  # fmt: skip
def test_any_object_at_any_decoder_gives_a_distance_or_a_reason(decoder: Decoder, decoded: dict[str, object]) -> None:
    assert "; expected " in sensed(decoder, decoded, None, None)


KIND = ContainerKind.model_validate(
    {"id": "bac", "name": "Bac", "service_s": 90, "kg_per_l": 0.25, "fill_per_day": 0.45, "mount_mm": 3000}
)
REGISTRY = DoorRegistry(
    {("cotonou", "COT-0412"): KIND, ("cotonou", "6749D19054690031"): KIND}, frozenset({("cotonou", "T01")})
)
TAKER = Taker(DECODERS, Keep(timedelta(days=7300), timedelta(days=7300)))


@cases(300)
@given(spoilt(), st.sampled_from(["chirpstack", "ttn", "traccar-client", "traccar-forward", "osmand"]), st.booleans())
def test_whatever_comes_to_a_citys_door_becomes_events_of_their_contracts(
    message: object, door: str, is_keyed: bool
) -> None:
    """What the bridge would send on its own thread: an exception there would hold up every device."""
    device = ("COT-0412" if DOORS[door].kind == "containers" else "T01") if is_keyed else None
    taken = TAKER.take("cotonou", door, json.dumps(message).encode(), now=NOW, registry=REGISTRY, device=device)
    for made in taken.events:
        HANDLERS[made.topic].contract.model_validate_json(made.value)
    assert bool(taken.events) == (taken.outcome != "passed_over")
    assert (taken.detail is None) == (taken.outcome in {"taken", "left_aside"})
