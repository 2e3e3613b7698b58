"""Brokers of portals kept current: what has changed since is sent, by ETSI GS CIM 009's batch operations.

State, not events: a broker that was away for a week is sent each container once, as it is then.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from typing import Any

from services.portals.context import CONTEXT
from services.portals.entities import MODIFIED, PLAIN, Entity, candidates_of
from services.portals.store import find_city, list_containers, list_kinds
from services.store.connection import Connection, store_errors
from services.webhook.brokers import Broker, forget_told, keep_told, list_due, list_told, note
from services.webhook.retrying import rest_s
from services.webhook.sending import MULTI_STATUS, SAID_CHARACTERS, Answer, Poster

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""Between two looks at a broker that has everything."""
BATCH, MOST_BATCHES = 100, 20
"""Entities of a request, some 1 kB each, and requests of a look: two thousand at most, then the others have a turn."""
LANES = 4
UPSERT = "/ngsi-ld/v1/entityOperations/upsert?options=update"
"""Attributes that the portal has added to an entity of ours stay."""
DELETE = "/ngsi-ld/v1/entityOperations/delete"
NOT_FOUND = "ResourceNotFound"
TERMS: Mapping[str, str] = CONTEXT["@context"]


@dataclass
class Push:
    """What a broker lacks, and how far that went."""

    broker: Broker
    upserts: dict[str, Entity]
    digests: dict[str, bytes]
    deletes: list[str]
    taken: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """By entity, what the broker says against it."""
    answer: Answer | None = None
    """Of the request that failed as such."""

    @property
    def waiting(self) -> int:
        return len(self.upserts) + len(self.deletes) - len(self.taken) - len(self.gone)


class Current:
    """Works on a connection for a turn at a time, as the sender of webhooks, and through the same poster."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self._lanes = ThreadPoolExecutor(LANES, thread_name_prefix="broker")
        self._running: dict[str, Future[Push]] = {}

    def turn(self, connection: Connection) -> None:
        """Record what came back, and begin with each broker whose time has come.

        Raises:
            StoreAway: what could not be recorded is sent again, and is the same then.
        """
        self._record(connection)
        with store_errors(), connection.transaction():
            for broker in list_due(connection, list(self._running)):
                push = self._lacking(connection, broker)
                if push.waiting:
                    self._running[broker.broker_id] = self._lanes.submit(self._push, push)
                else:
                    _note(connection, push)

    def finish(self, connection: Connection) -> None:
        """Wait for what is on its way, and record it."""
        self._lanes.shutdown(wait=True, cancel_futures=True)
        self._record(connection)

    def close(self) -> None:
        self._lanes.shutdown(wait=True, cancel_futures=True)

    def _lacking(self, connection: Connection, broker: Broker) -> Push:
        """Entities that the broker has otherwise or not at all, and such as are no more."""
        city = find_city(connection, broker.city_id)
        if city is None:
            return Push(broker, {}, {}, [])
        candidates = candidates_of(city, list_containers(connection, city.id), list_kinds(connection, city.id))
        entities = {each.id: expanded(each.make()) for each in candidates}
        digests = {name: digest_of(entity) for name, entity in entities.items()}
        told = list_told(connection, broker.broker_id)
        changed = {name: entity for name, entity in entities.items() if told.get(name) != digests[name]}
        return Push(broker, changed, digests, [name for name in told if name not in entities])

    def _push(self, push: Push) -> Push:
        """Batch after batch, until one fails as such: the others would fail the same way."""
        requests = [(UPSERT, batch) for batch in batched(push.upserts, BATCH)]
        requests += [(DELETE, batch) for batch in batched(push.deletes, BATCH)]
        for path, names in requests[:MOST_BATCHES]:
            body = [push.upserts[name] for name in names] if path is UPSERT else list(names)
            answer = self._send(push.broker, path, body)
            if answer.outcome != "delivered":
                push.answer = answer
                break
            refused = refused_of(answer, names)
            if path is DELETE:  # what it does not have is gone
                refused = {name: told for name, told in refused.items() if NOT_FOUND not in told}
            push.refused |= refused
            (push.taken if path is UPSERT else push.gone).extend(name for name in names if name not in refused)
        return push

    def _send(self, broker: Broker, path: str, body: Sequence[object]) -> Answer:
        headers = {"authorization": broker.authorization} if broker.authorization else {}
        if broker.tenant:
            headers["ngsild-tenant"] = broker.tenant
        try:
            return self._poster.send(broker.url + path, headers, json.dumps(body, ensure_ascii=False).encode())
        except Exception as error:
            log.exception("broker %s failed in a way nobody has foreseen", broker.broker_id)
            return Answer("unreachable", f"{type(error).__name__}: see the log of the service webhook")

    def _record(self, connection: Connection) -> None:
        for broker, lane in list(self._running.items()):
            if not lane.done():
                continue
            if not lane.cancelled():
                push = lane.result()
                with store_errors(), connection.transaction():
                    keep_told(connection, broker, {name: push.digests[name] for name in push.taken})
                    forget_told(connection, broker, push.gone)
                    _note(connection, push)
            del self._running[broker]


def _note(connection: Connection, push: Push) -> None:
    """When it is looked at again: soon where there is more, and ever later where it fails."""
    failed = push.answer is not None or bool(push.refused)
    failures = push.broker.failures + 1 if failed else 0
    wait_s = 0.0 if push.waiting else EVERY_S
    if failed:
        wait_s = max(rest_s(failures), (push.answer.retry_after_s or 0.0) if push.answer else EVERY_S)
        log.warning("broker %s of %s: %s", push.broker.broker_id, push.broker.city_id, _said(push))
    note(
        connection, push.broker.broker_id, wait=timedelta(seconds=min(wait_s, 3600)), failures=failures,
        waiting=push.waiting, said=_said(push),
    )  # fmt: skip


def _said(push: Push) -> str:
    if push.answer is not None:
        return push.answer.said
    if push.refused:
        name, told = next(iter(push.refused.items()))
        return f"{len(push.refused)} entities are refused, as {name}: {told}"[:SAID_CHARACTERS]
    return f"{len(push.taken)} entities told, {len(push.gone)} taken away"


def expanded(entity: Entity) -> Entity:
    """It with the whole addresses of its terms, so that a broker needs no `@context` of ours to know what they mean.

    What the core context has (`location`, `observedAt`, `unitCode`) keeps its short name. `modifiedAt` is the broker's.
    """
    kept = {name: each for name, each in entity.items() if name != MODIFIED}
    return {name if name in PLAIN else TERMS.get(name, name): each for name, each in kept.items()} | {
        "type": TERMS[entity["type"]]
    }


def digest_of(entity: Entity) -> bytes:
    return hashlib.sha256(json.dumps(entity, sort_keys=True, ensure_ascii=False).encode()).digest()[:16]


def refused_of(answer: Answer, names: Iterable[str]) -> dict[str, str]:
    """By entity, what is said against it in a 207 (BatchOperationResult); everything, where that cannot be read."""
    if answer.said != str(MULTI_STATUS):
        return {}
    try:
        told: dict[str, Any] = json.loads(answer.body)
        return {str(each["entityId"]): _problem(each["error"]) for each in told["errors"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return dict.fromkeys(names, "the broker answers 207, and not what it refuses")


def _problem(error: object) -> str:
    """Its kind and what is told of it (RFC 7807)."""
    if not isinstance(error, Mapping):
        return str(error)[:SAID_CHARACTERS]
    kind = str(error.get("type", "")).rpartition("/")[2]
    return f"{kind}: {error.get('detail') or error.get('title')}"[:SAID_CHARACTERS]
