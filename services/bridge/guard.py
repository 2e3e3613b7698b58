"""Ends the sessions of strangers: clients that read what devices send, and are no bridges."""

import logging
import time
from collections.abc import Callable

from services.bridge.wiring import CLIENT_IDS
from services.errors import BrokerAway
from services.operations.meters import BridgeMeter
from services.stream.mqtt_readers import Readers

log = logging.getLogger(__name__)

PAUSE_S = 10.0
"""After the broker could not be asked."""


class Guard:
    """Looks at what the broker tells. What a stranger takes away meanwhile, the broker's journal keeps."""

    def __init__(self, readers: Readers, end_session: Callable[[str], bool], meter: BridgeMeter) -> None:
        self._readers = readers
        self._end_session = end_session
        self._meter = meter
        self._spared: set[str] = set()
        self._not_before_s = 0.0

    def look(self) -> None:
        """End the sessions of all strangers that are known now."""
        if time.monotonic() < self._not_before_s:
            return
        for client_id in self._readers.strangers:
            if client_id.startswith(CLIENT_IDS):
                self._spare(client_id)
            else:
                self._end(client_id)

    def _end(self, client_id: str) -> None:
        try:
            self._end_session(client_id)
        except BrokerAway as away:
            self._not_before_s = time.monotonic() + PAUSE_S
            log.warning("the session of %s, a stranger, could not be ended: %s", client_id, away)
        else:
            self._meter.strangers_ended += 1
            log.error("%s was no bridge and read what devices send: its session is ended, nothing is lost", client_id)

    def _spare(self, client_id: str) -> None:
        """One under a bridge's name may hold messages that nobody else has."""
        if client_id not in self._spared:
            self._spared.add(client_id)
            member = client_id.removeprefix(CLIENT_IDS)
            log.error("%s reads under another login than the bridges': tournee bridge retire %s", client_id, member)
