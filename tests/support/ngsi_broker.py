"""A small NGSI-LD broker on a real socket: keeps entities, and takes nothing that ETSI GS CIM 009 does not allow.

Entities in normalized representation, batch upsert and delete, errors by RFC 7807, tenants by header. With
`application/json` the core context holds, and a body has no `@context`: every other name is a whole address.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_server import serving

OPERATIONS = "/ngsi-ld/v1/entityOperations/"
CORE_NAMES = {"location", "observationSpace", "operationSpace"}
VALUE_OF = {"Property": "value", "GeoProperty": "value", "Relationship": "object"}
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


class BadRequestData(Exception):
    """What is wrong with an entity."""


@dataclass
class Broker:
    url: str
    tenant: str = "ville"
    authorization: str = "Bearer of-the-portal"
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, int]] = field(default_factory=list)
    """Operation, and entities of it."""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What it answers next, in place of doing anything."""
    refuses: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], object]:
        with self.lock:
            if self.answers:
                return (*self.answers.pop(0), None)
            at, told = urlsplit(path), json.loads(body)
            if (status := self._refuses(headers, told)) is not None:
                return status, {}, None
            operation = at.path.removeprefix(OPERATIONS)
            self.requests.append((operation, len(told)))
            if operation == "upsert" and parse_qs(at.query) == {"options": ["update"]}:
                return self._upsert(told)
            return self._delete(told) if operation == "delete" else (405, {}, None)

    def _refuses(self, headers: dict[str, str], told: object) -> int | None:
        """With which status, where it does."""
        if headers.get("authorization") != self.authorization:
            return 401
        if headers.get("ngsild-tenant") != self.tenant:
            return 404
        if headers.get("content-type") != "application/json":
            return 415
        return 400 if not isinstance(told, list) or not told else None

    def _upsert(self, told: list[dict[str, Any]]) -> tuple[int, dict[str, str], object]:
        created, updated, errors = [], [], []
        for entity in told:
            try:
                check_entity(entity, self.refuses)
            except BadRequestData as bad:
                error = {"type": f"{ERRORS}BadRequestData", "title": "Bad request data", "detail": str(bad)}
                errors.append({"entityId": str(entity.get("id")), "error": error})
                continue
            (updated if entity["id"] in self.entities else created).append(entity["id"])
            self.entities[entity["id"]] = self.entities.get(entity["id"], {}) | entity
        if errors:
            return 207, {}, {"success": created + updated, "errors": errors}
        return (201, {}, created) if created else (204, {}, None)

    def _delete(self, told: list[str]) -> tuple[int, dict[str, str], object]:
        errors = [
            {"entityId": name, "error": {"type": f"{ERRORS}ResourceNotFound", "title": "not found"}}
            for name in told
            if self.entities.pop(name, None) is None
        ]
        if errors:
            return 207, {}, {"success": [name for name in told if name not in str(errors)], "errors": errors}
        return 204, {}, None


def check_entity(entity: Any, unwanted: set[str]) -> None:
    """Raises: BadRequestData."""
    if not isinstance(entity, dict):
        raise BadRequestData("an entity is an object")
    for name in ("id", "type"):
        if not isinstance(entity.get(name), str) or not URI.fullmatch(entity[name]):
            raise BadRequestData(f"{name} is no URI: {entity.get(name)!r}")
    if entity["id"] in unwanted:
        raise BadRequestData("the broker does not like it")
    for name, attribute in entity.items():
        if name in {"id", "type"}:
            continue
        if name not in CORE_NAMES and not URI.fullmatch(name):
            raise BadRequestData(f"{name}: no name of the core context, and no whole address")
        check_attribute(name, attribute)


def check_attribute(name: str, attribute: Any) -> None:
    """Raises: BadRequestData."""
    if not isinstance(attribute, dict) or attribute.get("type") not in VALUE_OF:
        raise BadRequestData(f"{name} is no attribute in the normalized representation")
    value = attribute.get(VALUE_OF[attribute["type"]])
    if value is None:
        raise BadRequestData(f"{name} has no value")
    if extra := attribute.keys() - {"type", "value", "object", "observedAt", "unitCode", "datasetId"}:
        raise BadRequestData(f"{name} has {extra}")
    if attribute["type"] == "Relationship":
        targets = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and URI.fullmatch(each) for each in targets):
            raise BadRequestData(f"{name} leads to no URI")
    if attribute["type"] == "GeoProperty" and not {"type", "coordinates"} <= value.keys():
        raise BadRequestData(f"{name} is no GeoJSON")
    if isinstance(value, dict) and value.get("@type") == "DateTime":
        _check_instant(name, value["@value"])
    if "observedAt" in attribute:
        _check_instant(name, attribute["observedAt"])


def _check_instant(name: str, told: str) -> None:
    """4.6.3: in UTC, with a Z."""
    if not told.endswith("Z") or datetime.fromisoformat(told).tzinfo is None:
        raise BadRequestData(f"{name}: {told} is no instant in UTC")


@contextmanager
def broker() -> Iterator[Broker]:
    """Until the end of the block."""
    running = Broker("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            code, headers, told = running.answer(self.path, {n.lower(): v for n, v in self.headers.items()}, body)
            said = b"" if told is None else json.dumps(told).encode()
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        running.url = url
        yield running
