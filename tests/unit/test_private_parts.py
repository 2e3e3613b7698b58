"""Where we lean on what a library has not promised: its version is bounded, and what we lean on is there.

When a test here fails after an upgrade, look at the room it names before the bound in `pyproject.toml` is raised.
"""

import inspect
import re
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
import paho.mqtt.client as paho
import pytest
from kafka.consumer.group import KafkaConsumer
from kafka.consumer.subscription_state import SubscriptionState
from kafka.coordinator.base import BaseCoordinator
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.producer.kafka import KafkaProducer
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.producer.sender import Sender

ROOT = Path(__file__).parents[2]
LEANED_ON = {
    "paho-mqtt": "services/stream/mqtt_batches.py",
    "kafka-python": "services/stream/kafka_clients.py and kafka.py",
    "numba": "routing/engine/jit.py",
}


def bounds() -> dict[str, str]:
    """What `pyproject.toml` allows, by package."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return dict(re.split(r"(?=[<>=~])", line, maxsplit=1) for line in wanted)


def number(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


@pytest.mark.parametrize("package", LEANED_ON)
def test_version_is_within_what_was_tried(package: str) -> None:
    """A release we have not seen may have moved what it never promised."""
    least, _, below = bounds()[package].partition(",<")
    assert below, f"{package} has no upper bound in pyproject.toml, and {LEANED_ON[package]} leans on its private parts"
    assert number(least) <= number(version(package)) < number(below), (
        f"{package} {version(package)} is outside {bounds()[package]}: try {LEANED_ON[package]} with it first"
    )


PAHO_NAMES = [
    "_clean_session",
    "_in_packet",
    "_last_bytes_received",
    "_msgtime_mutex",
    "_out_packet",
    "_packet_handle",
    "_packet_read",
    "_packet_write",
    "_reset_sockets",
    "_sock_recv",
    "_sockpairW",
    "_thread_main",
]


@pytest.mark.parametrize("name", PAHO_NAMES)
def test_paho_still_has_what_the_batches_lean_on(name: str) -> None:
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    assert hasattr(client, name), f"paho's Client has no {name} any more: services/stream/mqtt_batches.py uses it"


def test_paho_still_queues_packets_the_way_we_put_them_in_front() -> None:
    """`BatchingClient._packet_write` makes one of its queue's entries itself."""
    source = inspect.getsource(paho.Client._packet_queue)
    for field in ("command", "mid", "qos", "pos", "to_process", "packet", "info"):
        assert f'"{field}"' in source, f"a packet in paho's queue has no {field} any more"
    assert {"command", "packet", "remaining_length"} <= set(paho.Client(paho.CallbackAPIVersion.VERSION2)._in_packet)


KAFKA_NAMES: list[tuple[Any, str]] = [
    (KafkaNetClient, "close"),
    (KafkaNetSocket, "sock_connect"),
    (BaseCoordinator, "request_rejoin"),
    (SubscriptionState, "all_consumed_offsets"),
    (RecordAccumulator, "append"),
    (Sender, "wakeup"),
]


@pytest.mark.parametrize(("owner", "name"), KAFKA_NAMES, ids=lambda part: getattr(part, "__name__", part))
def test_kafka_python_still_has_what_our_clients_lean_on(owner: Any, name: str) -> None:
    assert hasattr(owner, name), f"kafka-python's {owner.__name__} has no {name} any more"


def test_kafka_python_still_gathers_what_is_sent_where_we_put_it() -> None:
    """`EventProducer.send` goes to the accumulator as `KafkaProducer.send` does, and wakes the sender as it does."""
    source = inspect.getsource(KafkaProducer.send)
    assert "self._accumulator.append(tp, timestamp_ms, key_bytes, value_bytes, headers," in source
    assert "future, batch_is_full, new_batch_created, abort_for_new_batch = result" in source
    assert "if batch_is_full or new_batch_created:" in source
    assert "self._sender.wakeup()" in source


def test_kafka_python_still_keeps_its_coordinator_and_its_network() -> None:
    """`EventConsumer` asks the coordinator and what is consumed, `ClosingClient.close` the network."""
    assert "self._coordinator" in inspect.getsource(KafkaConsumer.__init__)
    assert "self._subscription" in inspect.getsource(KafkaConsumer.__init__)
    assert "self.rejoining" in inspect.getsource(BaseCoordinator.__init__)
    assert "SCHEMES" in inspect.getsource(inspect.getmodule(KafkaNetSocket))  # type: ignore[arg-type]
    assert "self._net" in inspect.getsource(KafkaNetClient.__init__)


def added(a: "np.ndarray[Any, Any]", b: float) -> float:
    return float(a[0]) + b


def test_numba_still_compiles_without_counting_references() -> None:
    """`_nrt` is numba's own switch: nine tenths of the search's time were spent on counting. And a cache folder."""
    compile_it: Callable[..., Any] = numba.njit(cache=False, nogil=True, error_model="numpy", _nrt=False)
    assert compile_it(added)(np.ones(1), 1.0) == 2.0
    assert hasattr(numba.core.config, "CACHE_DIR"), "numba keeps its cache folder elsewhere: routing/engine/jit.py"
