"""MQTT through paho: sessions whose messages come by the batch, and are acknowledged only when told to."""

import logging
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from services.errors import SettingMissing
from services.stream.mqtt_batches import QOS_AT_LEAST_ONCE, QOS_AT_MOST_ONCE, Arrival, BatchingClient
from services.stream.mqtt_readers import MQTT_READERS, Readers

__all__ = ["Arrival", "Session", "Subscriber"]

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 30


class _ClosingSocket(ssl.SSLSocket):
    """Closed where the greeting fails: paho leaves it to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def trusting(authority: Path) -> ssl.SSLContext:
    """TLS with brokers whose certificate this authority (PEM) signed.

    Raises:
        SettingMissing: the file is not there, or no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise SettingMissing(
            f"TOURNEE_MQTT_CA: {authority}: {error.strerror}; expected the authority's certificate (PEM)"
        ) from error
    context.sslsocket_class = _ClosingSocket
    return context


class Session(ABC):
    """A client's persistent session: what is not acknowledged comes again after a reconnect.

    `on_arrivals` runs on the network thread; `acknowledge` may be called from any thread, in the order of arrival
    (MQTT 3.1.1, section 4.6).
    """

    def __init__(self, host: str, port: int, *, client_id: str) -> None:
        self._address = (host, port)
        self._client = BatchingClient(client_id)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self.on_connection_lost: Callable[[], None] = lambda: None

    def when_arrived(self, on_arrivals: Callable[[list[Arrival]], None]) -> None:
        self._client.on_arrivals = on_arrivals

    def raise_failure(self) -> None:
        """Raise what ended the network thread, if anything did: without it the process would idle for ever."""
        if self._client.failure is not None:
            raise self._client.failure

    def login(self, username: str, password: str) -> None:
        self._client.username_pw_set(username, password)

    def trust(self, authority: Path) -> None:
        """Speak TLS, with a broker whose certificate this authority (PEM) signed.

        Raises:
            SettingMissing: the file is not there, or no certificate.
        """
        self._client.tls_set_context(trusting(authority))

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, message_ids: Iterable[int]) -> None:
        """Tell the broker that these are safe."""
        self._client.acknowledge(message_ids)

    @abstractmethod
    def _connected(self, client: paho.Client, userdata: Any, flags: Any, reason: ReasonCode, props: Any, /) -> None:
        """The broker has answered our CONNECT."""

    def _disconnected(self, _client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            log.warning("lost MQTT at %s:%d (%s)", *self._address, reason)
        # In this order: whoever acknowledges just now has done so when the former returns.
        self.on_connection_lost()
        self._client.forget_connection()


class Subscriber(Session):
    """A session on one topic filter, connected again and again while the broker is away."""

    def __init__(self, host: str, port: int, *, client_id: str) -> None:
        super().__init__(host, port, client_id=client_id)
        self._filters: list[tuple[str, int]] = []
        self._client.on_subscribe = self._subscribed
        self._is_subscribed = threading.Event()

    @property
    def is_there(self) -> bool:
        """Whether messages can come just now."""
        return self._is_subscribed.is_set()

    def watch_readers(self) -> Readers:
        """From `start` on, what the broker tells of who else reads. Not every one takes such a subscription."""
        readers = Readers()
        self._filters.append((MQTT_READERS, QOS_AT_MOST_ONCE))
        self._client.on_message = lambda _c, _u, message: readers.take(message.topic, message.payload)
        return readers

    def start(self, topic_filter: str) -> None:
        """Connect and subscribe in the background."""
        self._filters.insert(0, (topic_filter, QOS_AT_LEAST_ONCE))
        self._client.connect_async(*self._address, keepalive=KEEP_ALIVE_S)
        self._client.loop_start()

    def _connected(self, client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            log.error("the MQTT broker refuses us: %s", reason)
            return
        log.info("connected to MQTT at %s:%d", *self._address)
        client.subscribe(self._filters)

    def _disconnected(self, client: paho.Client, userdata: Any, flags: Any, reason: ReasonCode, props: Any) -> None:
        self._is_subscribed.clear()
        super()._disconnected(client, userdata, flags, reason, props)

    def _subscribed(self, _client: paho.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        if reasons[0].is_failure:
            log.error("the MQTT broker refuses the subscription to %s: %s", self._filters[0][0], reasons[0])
        else:
            self._is_subscribed.set()
            log.info("subscribed to %s", self._filters[0][0])
