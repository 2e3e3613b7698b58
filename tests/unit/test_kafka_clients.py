"""What a Kafka client leaves behind that found no broker, or is closed: nothing."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.net.inet import create_connection

from infra.stack.ports import LOOPBACK, free_port
from services.stream.kafka_clients import ClosingClient, direct, open_client


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


def test_connection_that_nobody_took_over_is_closed_with_its_client() -> None:
    """A member that leaves its group in the middle of connecting would leave the socket to the garbage collector."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        client = ClosingClient(bootstrap_servers=f"{LOOPBACK}:{port}")
        made = client._net.run(create_connection, client._net, LOOPBACK, port, (), direct())
        assert made.fileno() >= 0
        client.close()
        assert made.fileno() == -1
