"""How long until everything works again: a reading, a report and maybe an order, each to its committed row."""

import time
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from tests.chaos.city import PROBE
from tests.chaos.claims import Claim, Claims
from tests.chaos.device import Device, now_ms
from tests.chaos.people import Operator, Phone

STORED: dict[str, LiteralString] = {
    "reading": "SELECT FROM reading WHERE container_id = %s AND happened_at = %s",
    "confirmation": "SELECT FROM confirmation WHERE confirmation_id = %s",
    "order": "SELECT FROM planning_run WHERE request_id = %s AND state IN ('finished', 'failed')",
}
LOOK_EVERY_S = 0.1
ASK_EVERY_S = 0.5


@dataclass(frozen=True)
class Probe:
    """What it speaks through, and where it looks."""

    database_url: str
    device: Device
    phone: Phone
    operator: Operator
    claims: Claims

    def recovery_s(self, *, plans: bool, patience_s: float) -> float | None:
        """Seconds from now until the probes are committed; None when one is not within its time."""
        start_s = time.monotonic()
        waiting = {self.device.reading(PROBE, now_ms(), 0.5)}
        asks = [lambda: self.phone.report(PROBE), *([self.operator.order] if plans else [])]
        asked_s = 0.0
        while waiting or asks:
            now_s = time.monotonic()
            if now_s - start_s > patience_s:
                return None
            if asks and now_s - asked_s > ASK_EVERY_S:
                asked_s = now_s
                answers = [(ask, ask()) for ask in asks]
                waiting |= {claim for _, claim in answers if claim is not None}
                asks = [ask for ask, claim in answers if claim is None]
            waiting -= self._stored(waiting)
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - start_s

    def _stored(self, waiting: set[Claim]) -> set[Claim]:
        options = "-c statement_timeout=3000"
        try:
            with psycopg.connect(self.database_url, connect_timeout=3, options=options) as connection:
                return {claim for claim in waiting if _is_stored(connection, claim)}
        except psycopg.Error:
            return set()  # not back yet


def _is_stored(connection: psycopg.Connection[tuple[object, ...]], claim: Claim) -> bool:
    key = claim.key if isinstance(claim.key, tuple) else (claim.key,)
    return connection.execute(STORED[claim.table], key).fetchone() is not None
