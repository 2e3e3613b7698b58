"""The doors over HTTP: a network's at its own address with the city's key, a tracker's at the address of its own key.

Answered with 200 only when Kafka has it. A message that is refused is answered so too: it is in Kafka with its reason,
and would be no better if it came again. An application without a framework's routing: a framework's costs several times
what a message does.
"""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.edges.door_registry import TRACKER, Key
from services.edges.doorkeeper import DoorKeeper
from services.edges.hearing import MOST_BYTES
from services.edges.outlet import Outlet
from services.edges.store import hash_of
from services.edges.together import Message, Together
from services.errors import StreamAway
from services.operations.meters import EdgeMeter

RETRY_AFTER_S = "5"
WEBHOOKS: Mapping[str, str] = {"chirpstack": "chirpstack", "ttn": "ttn", "traccar": "traccar-forward"}
"""The doors of networks, by the last word of their address."""
JSON = "application/json"
WRONG = "this key does not open this door (a new one does within half a minute)"
NO_KEY, WRONG_KEY = "no key: the header Authorization: Bearer KEY", "a key that does not open this door"


class TooLarge(Exception):
    """The body is longer than any message."""


class DoorServer:
    """The application; it holds nothing of its own."""

    def __init__(self, doorkeeper: DoorKeeper, outlet: Outlet, meter: EdgeMeter) -> None:
        self._doorkeeper = doorkeeper
        self._meter = meter
        self._together = Together(doorkeeper, outlet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """`/CITY/DOOR` and all below it is a network's; `/` and `/KEY` a tracker's."""
        words = request.scope["path"].lstrip("/").split("/")
        if len(words) >= 2 and words[1]:
            return await self._webhook(request, *words[:2]) if request.method == "POST" else _not_allowed("POST")
        if request.method in {"GET", "POST"}:
            return await self._tracker(request, words[0])
        return _not_allowed("GET, POST")

    async def _webhook(self, request: Request, city: str, door: str) -> Response:
        headers, name = request.headers, WEBHOOKS.get(door)
        told = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ").strip()
        key = self._key(told)
        if name is None or key is None or (key.city, key.door) != (city, name):
            if name is not None:
                self._doorkeeper.turn_away(city, name, WRONG_KEY if told else NO_KEY)
            return self._no_key(401, f"{WRONG}: tournee device key CITY DOOR")
        if request.query_params.get("event", "up") != "up":
            self._meter.messages["passed_over"] += 1
            return JSONResponse({"outcome": "passed_over"})
        return await self._taken(request, name, key)

    async def _tracker(self, request: Request, key: str) -> Response:
        is_json = request.headers.get("content-type", "").startswith(JSON)
        told = key or request.query_params.get("id") or request.query_params.get("deviceid") or ""
        found = self._key(told)
        if found is None or found.door != TRACKER:
            # As Traccar answers: 400 to the OsmAnd protocol, 404 to its own client.
            return self._no_key(404 if is_json else 400, "no tracker has this key: tournee device key CITY tracker T")
        return await self._taken(request, "traccar-client" if is_json else "osmand", found)

    async def _taken(self, request: Request, door: str, key: Key) -> Response:
        try:
            payload = await _payload(request, door)
            taken = await self._together.take(Message(key.city, door, payload, key.device))
        except TooLarge:
            self._doorkeeper.turn_away(key.city, door, f"over {MOST_BYTES} bytes")
            self._meter.messages["too_large"] += 1
            return JSONResponse({"detail": f"at most {MOST_BYTES} bytes"}, status_code=413)
        except StreamAway as away:
            self._meter.messages["no_kafka"] += 1
            answer = {"detail": f"try again: {away}"}
            return JSONResponse(answer, status_code=503, headers={"Retry-After": RETRY_AFTER_S})
        self._meter.messages[taken.outcome] += 1
        return JSONResponse({"outcome": taken.outcome, "detail": taken.detail})

    def _key(self, told: str) -> Key | None:
        key = self._doorkeeper.registry.latest.keys.get(hash_of(told)) if told else None
        if key is None:
            self._doorkeeper.registry.missed = True
        return key

    def _no_key(self, status: int, detail: str) -> Response:
        self._meter.messages["no_key"] += 1
        return JSONResponse({"detail": detail}, status_code=status)


def _not_allowed(methods: str) -> Response:
    return JSONResponse({"detail": f"expected {methods}"}, status_code=405, headers={"Allow": methods})


async def _payload(request: Request, door: str) -> bytes:
    """The message: of the OsmAnd protocol the query, else the form, both as a query; of the others the body.

    Raises:
        TooLarge: it is longer than any message.
        ClientDisconnect: whoever sends has gone in the midst of it.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge
    if door != "osmand":
        return bytes(body)
    query = request.url.query.encode()
    return b"/?" + (query or bytes(body))
