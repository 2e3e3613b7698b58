"""What sensors say: valid readings, honest faults, the same story every time."""

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from pydantic import ValidationError

from services.contracts.devices import parse_device_topic
from services.contracts.telemetry import MAX_PAYLOAD_BYTES, Reading
from simulators.bins.faults import SensorFaults
from simulators.events import Outgoing
from simulators.world import World

BEGIN = datetime(2026, 11, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def verdict(message: Outgoing, containers: set[str]) -> str:
    """What the product would make of the message on its arrival."""
    topic = parse_device_topic(message.topic)
    if topic is None or topic.device not in containers:
        return "unknown device"
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        return "oversize"
    try:
        Reading.model_validate_json(message.payload, context={"now": message.happened_at})
    except ValidationError as error:
        return str(error.errors()[0]["loc"] or "not JSON")
    return "valid"


def test_readings_keep_the_contract(make_world: Callable[..., World]) -> None:
    """Without nonsense every message is a reading that the product takes, from a container that has a sensor."""
    world = make_world(faults=SensorFaults(nonsense_per_reading=0))
    with_sensor = {c.id for c in world.city.containers if c.sensor}
    messages = list(world.readings(BEGIN, BEGIN + 2 * DAY))
    assert {verdict(message, with_sensor) for message in messages} == {"valid"}
    assert {message.topic.split("/")[-2] for message in messages} == with_sensor
    assert b'"happened_at":"2026-11-03T' in messages[0].payload
    assert all(earlier.happened_at <= later.happened_at for earlier, later in itertools.pairwise(messages))


def test_nonsense_comes_at_its_rate_and_in_every_kind(make_world: Callable[..., World]) -> None:
    """Broken devices are a parameter: five kinds at 1 % each, so 5 % of what is sent is refused."""
    world = make_world(faults=SensorFaults(nonsense_per_reading=0.01, silent_per_day=0))
    known = {c.id for c in world.city.containers}
    verdicts = Counter(verdict(message, known) for message in world.readings(BEGIN, BEGIN + 4 * DAY))
    refused = verdicts.total() - verdicts["valid"]
    assert verdicts.keys() == {"valid", "unknown device", "oversize", "not JSON", "('fill_ratio',)", "('happened_at',)"}
    assert 0.04 < refused / verdicts.total() < 0.06


def test_a_window_can_be_cut_anywhere(make_world: Callable[..., World]) -> None:
    """Minute by minute or in one piece: the live mode and the replay tell the same story."""
    whole = list(make_world().readings(BEGIN, BEGIN + DAY))
    world = make_world()
    cuts = [BEGIN + timedelta(minutes=37 * n) for n in range(39)] + [BEGIN + DAY]
    assert [m for a, b in itertools.pairwise(cuts) for m in world.readings(a, b)] == whole
    assert list(make_world(seed=2).readings(BEGIN, BEGIN + DAY)) != whole


def test_each_sensor_has_its_own_interval(make_world: Callable[..., World]) -> None:
    """From 15 to 60 minutes, with jitter, never twice at one instant."""
    sent = defaultdict(list)
    for message in make_world(faults=SensorFaults.none()).readings(BEGIN, BEGIN + 2 * DAY):
        sent[message.topic].append(message.happened_at.timestamp())
    median_min = {round(float(np.median(np.diff(times))) / 60 / 5) * 5 for times in sent.values()}
    assert median_min == {15, 30, 45, 60}
    for times in sent.values():
        assert (np.diff(times) > 0).all()
        assert np.std(np.diff(times)) > 10


def test_perfect_sensors_say_the_truth(make_world: Callable[..., World]) -> None:
    """Noise is the sensors': with none, a reading is the hidden fill, and follows an emptying at once."""
    world = make_world(faults=SensorFaults.none())
    emptied_at = BEGIN + timedelta(hours=9)
    world.bins.empty("C005", emptied_at.timestamp())
    mine = [m for m in world.readings(BEGIN, BEGIN + DAY) if "/C005/" in m.topic]
    for message in mine:
        truth = min(world.bins.level_of_l("C005", message.happened_at.timestamp()) / 660, 1.15)
        assert abs(json.loads(message.payload)["fill_ratio"] - truth) < 0.001
    after = next(m for m in mine if m.happened_at >= emptied_at)
    assert json.loads(after.payload)["fill_ratio"] < 0.1


def test_silent_and_stuck_sensors_happen(make_world: Callable[..., World]) -> None:
    """Episodes last hours: gaps far beyond the interval, and values that stand still while the bin fills."""
    silent = make_world(faults=SensorFaults(0, 0, 0, 0, silent_per_day=0.3, nonsense_per_reading=0))
    sent = defaultdict(list)
    for message in silent.readings(BEGIN, BEGIN + 6 * DAY):
        sent[message.topic].append(message.happened_at.timestamp())
    assert sum(np.diff(times).max() > 3 * 3600 for times in sent.values()) > 8
    stuck = make_world(faults=SensorFaults(0, 0, 0, stuck_per_day=0.3, silent_per_day=0, nonsense_per_reading=0))
    shown = defaultdict(list)
    for message in stuck.readings(BEGIN, BEGIN + DAY):
        shown[message.topic].append(json.loads(message.payload)["fill_ratio"])
    daytime = [values[len(values) // 3 : -len(values) // 8] for values in shown.values()]
    assert any(len(set(values)) == 1 and values[0] < 1.1 for values in daytime)
