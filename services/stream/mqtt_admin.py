"""What is asked of Mosquitto beside messages: to read its passwords again, and to end a client's session."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from services.errors import BrokerAway
from services.settings import Settings
from services.stream.mqtt import trusting
from services.stream.mqtt_readers import MQTT_READERS, Readers

PATIENCE_S = 10.0
TOLD_PATIENCE_S = 3.0
LOOK_S = 0.02
READ_PASSWORDS = "$CONTROL/tournee/v1/read-passwords"


def read_passwords(config: Settings) -> None:
    """Have Mosquitto read its password file again: who has no password any more is thrown out when this returns.

    Raises:
        BrokerAway: the broker is away, refuses us, or does not say that it has done it.
    """
    readers = Readers()
    with _Connection(config, f"tournee-admin-{uuid4().hex[:8]}", clean=True) as connection:
        connection.listen(MQTT_READERS, readers.take)
        _wait(
            lambda: readers.is_told,
            TOLD_PATIENCE_S,
            f"the MQTT broker at {connection.where} does not tell who may subscribe: are its journal and access list"
            " as old as the last Tournée, or its login another than ours?",
        )
        before = readers.passwords_read
        connection.publish(READ_PASSWORDS, b"")
        _wait(
            lambda: readers.passwords_read > before,
            PATIENCE_S,
            f"the MQTT broker at {connection.where} has not read its passwords again within {PATIENCE_S:.0f} s",
        )


def end_session(config: Settings, client_id: str) -> bool:
    """End a client's session, whether it is connected or away, with its subscriptions and all that waits in it.

    Returns:
        Whether the broker held one beyond its connection.

    Raises:
        BrokerAway: the broker is away or refuses us.
    """
    with _Connection(config, client_id, clean=False) as taken_over:
        was_held = taken_over.session_was_there
    with _Connection(config, client_id, clean=True):
        return was_held


class _Connection(AbstractContextManager["_Connection"]):
    """One connection with the settings' login and trust; it is not made anew."""

    def __init__(self, config: Settings, client_id: str, *, clean: bool) -> None:
        self.where = f"{config.mqtt_host}:{config.mqtt_port}"
        self.session_was_there = False
        self._address = (config.mqtt_host, config.mqtt_port)
        self._answer: ReasonCode | None = None
        self._granted = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=clean, reconnect_on_failure=False
        )
        self._client.connect_timeout = PATIENCE_S
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._granted.set()
        if config.mqtt_username and config.mqtt_password:
            self._client.username_pw_set(config.mqtt_username, config.mqtt_password.get_secret_value())
        if config.mqtt_ca:
            self._client.tls_set_context(trusting(config.mqtt_ca))

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address)
        except (OSError, ValueError) as error:
            raise BrokerAway(f"no MQTT broker at {self.where}: {error}") from error
        self._client.loop_start()
        try:
            self._wait_for_welcome()
        except BrokerAway:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _wait_for_welcome(self) -> None:
        _wait(lambda: self._answer is not None, PATIENCE_S, f"the MQTT broker at {self.where} does not answer")
        if self._answer is not None and self._answer.is_failure:
            raise BrokerAway(f"the MQTT broker at {self.where} refuses us: {self._answer}")

    def listen(self, topic_filter: str, take: Callable[[str, bytes | bytearray], None]) -> None:
        self._client.on_message = lambda _c, _u, message: take(message.topic, message.payload)
        self._client.subscribe(topic_filter)
        _wait(self._granted.is_set, PATIENCE_S, f"the MQTT broker at {self.where} does not answer")

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)

    def _connected(self, _client: paho.Client, _userdata: Any, flags: Any, reason: ReasonCode, _props: Any) -> None:
        self.session_was_there = flags.session_present
        self._answer = reason


def _wait(is_so: Callable[[], bool], patience_s: float, otherwise: str) -> None:
    deadline_s = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > deadline_s:
            raise BrokerAway(otherwise)
        time.sleep(LOOK_S)
