"""kafka-python's clients, made so that neither a broker that refuses nor one that is not found leaves anything open.

kafka-python 3.0 forgets three things. `kafka.net.inet` leaves a socket whose connection was refused to the garbage
collector; so does a client that is closed while a connection still has something to send, or belongs to nobody yet. And
a client that finds no broker in time raises from its constructor, where nobody can close it: its wake-up sockets stay,
and the network thread that a consumer or an admin client has started by then goes on for ever.
"""

import logging
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from socket import socket
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, WeakSet

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from services.settings import KafkaServers

# It warns at each connection that credentials go in the clear. By SCRAM they do not: the password never leaves us.
logging.getLogger("kafka.net.sasl.scram").setLevel(logging.ERROR)

_SCHEME = "tournee-direct"
_connected: WeakKeyDictionary[Any, WeakSet[socket]] = WeakKeyDictionary()  # by the network loop they belong to


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc]  # kafka-python tells no types
    """A direct connection, closed where it does not come about.

    kafka-python picks who connects by the scheme of `proxy_url`, and knows each subclass by its `SCHEMES`.
    """

    SCHEMES: ClassVar = (_SCHEME,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            connected = await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:  # GeneratorExit too: it was given up
            sock.close()
            raise
        _connected.setdefault(net, WeakSet()).add(connected)
        return connected


class ClosingClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python tells no types
    """A client's network, of which nothing stays open when it is closed."""

    def close(self, node_id: Any = None) -> None:
        super().close(node_id)
        if node_id is None:
            for each in list(_connected.pop(self._net, ())):
                each.close()


def direct() -> str:
    """The `proxy_url` by which kafka-python connects directly, and closes what does not come about."""
    return f"{_SCHEME}://"


def reaching(kafka: str | KafkaServers) -> dict[str, Any]:
    """The options by which a client comes to these servers, and is let in. Text alone: they let anybody in."""
    servers = KafkaServers(kafka) if isinstance(kafka, str) else kafka
    options: dict[str, Any] = {"bootstrap_servers": servers.bootstrap.split(",")}
    if servers.username is not None:
        options |= {
            "sasl_mechanism": servers.mechanism,
            "sasl_plain_username": servers.username,
            "sasl_plain_password": servers.password,
        }
    if servers.ca is not None:
        options["ssl_context"] = trusting(servers.ca)
    sends = "PLAINTEXT" if servers.ca is None else "SSL"
    options["security_protocol"] = sends if servers.username is None else f"SASL_{sends}"
    return options


@cache
def trusting(ca: Path) -> ssl.SSLContext:
    """TLS of today that takes what this authority has signed, and for the name that was asked for only."""
    return ssl.create_default_context(cafile=str(ca))


def open_client[T](client: Callable[..., T], *topics: str, **options: Any) -> T:
    """A `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`; the caller closes it.

    Raises:
        KafkaError: no broker answers; nothing is left open.
    """
    made: list[ClosingClient] = []

    def network(**configs: Any) -> ClosingClient:
        made.append(ClosingClient(**configs))
        return made[-1]

    try:
        return client(*topics, proxy_url=direct(), kafka_client=network, **options)
    except BaseException:
        for each in made:
            each.close()
        raise
