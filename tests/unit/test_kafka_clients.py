"""What a Kafka client leaves behind that found no broker: nothing."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.stack.ports import LOOPBACK, free_port
from services.adapters.kafka_clients import open_client


def open_sockets() -> set[str]:
    found = set()
    for handle in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(handle.readlink()))
        except FileNotFoundError:
            continue  # the one by which the folder is read
    return {name for name in found if name.startswith("socket:")}


@pytest.mark.parametrize("client", [KafkaProducer, KafkaConsumer, KafkaAdminClient])
def test_client_that_finds_no_broker_leaves_no_socket_and_no_thread(client: Callable[..., Any]) -> None:
    """A service waits hours for Kafka, a client a try: each that left something would end in "too many open files"."""
    sockets, threads = open_sockets(), set(threading.enumerate())
    with pytest.raises(KafkaError, match="bootstrap"):
        open_client(client, bootstrap_servers=f"{LOOPBACK}:{free_port()}", bootstrap_timeout_ms=300)
    assert open_sockets() == sockets
    assert set(threading.enumerate()) == threads
