"""The end of a client's session: what waits in it is taken to the last message, and then the broker forgets it."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from services.errors import TourneeError
from services.stream.mqtt import KEEP_ALIVE_S, Session

PATIENCE_S = 30.0
LOOK_S = 0.05
RIVAL_S = 3.0
"""A client that still runs connects again a second or two after its session was taken over: its reconnect delay."""


class NotRetired(TourneeError):
    """The session was not ended; it may be emptied in part. The message says why. It is safe to try again."""


class Leaver(Session):
    """Takes a session over from its client, which must be stopped, and ends it when nothing waits in it any more.

    That nothing waits is known, not guessed from silence: on one connection Mosquitto works in order, and at each
    PUBACK hands out what waits behind it. So what it had for us when it answered an UNSUBSCRIBE came before the answer.
    """

    def __init__(self, host: str, port: int, *, client_id: str) -> None:
        super().__init__(host, port, client_id=client_id)
        self._where, self._client_id = f"{host}:{port}", client_id
        self._filters: list[str] = []
        self._answers = threading.Semaphore(0)
        self._is_known = False
        self._fault: str | None = None
        self._client.on_unsubscribe = lambda *_: self._answers.release()

    def start(self, topic_filters: Sequence[str]) -> None:
        """Take the session over and give up its subscriptions: from here on it gets nothing new.

        Raises:
            NotRetired: the broker is away, refuses us, or holds no such session.
        """
        self._filters = list(topic_filters)
        self._connect()
        self._wait_for_answer()
        if not self._is_known:
            self.end()  # it has made one for us
            raise NotRetired(f"the MQTT broker at {self._where} holds no session of {self._client_id}")

    def catch_up(self) -> None:
        """Return when all has come that the broker hands out without another acknowledgement.

        Raises:
            NotRetired: the connection is lost, or the broker does not answer.
        """
        self.raise_failure()
        self._client.unsubscribe(self._filters)
        self._wait_for_answer()

    def wait_for_rival(self) -> None:
        """Return when a client that still runs would have come back.

        Raises:
            NotRetired: it has.
        """
        deadline_s = time.monotonic() + RIVAL_S
        while time.monotonic() < deadline_s:
            time.sleep(LOOK_S)
            self.raise_failure()

    def end(self) -> None:
        """Have the broker forget the session, and disconnect. What waits in it is thrown away.

        Raises:
            NotRetired: the broker does not let us in.
        """
        self.stop()
        self._client.be_forgotten()
        self._connect()
        self._wait_for_answer()
        self.stop()

    def raise_failure(self) -> None:
        """Raise what makes it useless to go on, if anything does."""
        super().raise_failure()
        if self._fault is not None:
            raise NotRetired(self._fault)

    def _connect(self) -> None:
        try:
            self._client.connect(*self._address, keepalive=KEEP_ALIVE_S)
        except OSError as error:
            raise NotRetired(f"no MQTT broker at {self._where}: {error}") from error
        self._client.loop_start()

    def _wait_for_answer(self) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._answers.acquire(timeout=LOOK_S):
            self.raise_failure()
            if time.monotonic() > deadline_s:
                raise NotRetired(f"the MQTT broker at {self._where} does not answer within {PATIENCE_S:.0f} s")

    def _connected(self, client: paho.Client, _userdata: Any, flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            self._fault = f"the MQTT broker at {self._where} refuses us: {reason}"
            return
        if self._fault is None:  # after a fault this is paho connecting anew by itself, and nobody waits for it
            self._is_known = self._is_known or flags.session_present
            client.unsubscribe(self._filters)

    def _disconnected(self, client: paho.Client, userdata: Any, flags: Any, reason: ReasonCode, props: Any) -> None:
        if reason.is_failure and self._fault is None:
            self._fault = (
                f"the MQTT broker at {self._where} has ended the connection ({reason}): "
                f"does the bridge of {self._client_id} still run? Stop it first, and try again"
            )
        super()._disconnected(client, userdata, flags, reason, props)
