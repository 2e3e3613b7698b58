"""The doors over HTTP: a network's at its own address with the city's key, a tracker's at the address of its own key.

Answered with 200 only when Kafka has it. A message that is refused is answered so too: it is in Kafka with its reason,
and would be no better if it came again.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import FastAPI, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services.edges.door_registry import TRACKER, Key
from services.edges.doorkeeper import DoorKeeper
from services.edges.hearing import MOST_BYTES
from services.edges.outlet import Outlet
from services.edges.store import hash_of
from services.edges.taking import Taken
from services.errors import StreamAway
from services.operations.meters import EdgeMeter

RETRY_AFTER_S = "5"
WEBHOOKS: Mapping[str, str] = {"chirpstack": "chirpstack", "ttn": "ttn", "traccar": "traccar-forward"}
"""The doors of networks, by the last word of their address."""
JSON = "application/json"


class TooLarge(Exception):
    """The body is longer than any message."""


def make_server(doorkeeper: DoorKeeper, outlet: Outlet, meter: EdgeMeter) -> FastAPI:
    """The application; it holds nothing of its own."""
    app = FastAPI(title="Tournée, doors", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/{city}/{door}")
    @app.post("/{city}/{door}/{_rest:path}")
    async def webhook(
        request: Request,
        city: str,
        door: str,
        event: str = "up",
        authorization: Annotated[str, Header()] = "",
        x_api_key: Annotated[str, Header()] = "",
    ) -> Response:
        name = WEBHOOKS.get(door)
        key = _key(doorkeeper, x_api_key or authorization.removeprefix("Bearer ").strip())
        if name is None or key is None or (key.city, key.door) != (city, name):
            return _no_key(meter, 401, "this key does not open this door: tournee device key CITY DOOR")
        if event != "up":
            meter.messages["passed_over"] += 1
            return JSONResponse({"outcome": "passed_over"})
        return await _taken(request, name, key)

    @app.api_route("/", methods=["GET", "POST"])
    @app.api_route("/{key}", methods=["GET", "POST"])
    async def tracker(request: Request, key: str = "") -> Response:
        is_json = request.headers.get("content-type", "").startswith(JSON)
        told = key or request.query_params.get("id") or request.query_params.get("deviceid") or ""
        found = _key(doorkeeper, told)
        if found is None or found.door != TRACKER:
            # As Traccar answers: 400 to the OsmAnd protocol, 404 to its own client.
            return _no_key(meter, 404 if is_json else 400, "no tracker has this key: tournee device key CITY tracker T")
        return await _taken(request, "traccar-client" if is_json else "osmand", found)

    async def _taken(request: Request, door: str, key: Key) -> Response:
        try:
            payload = await _payload(request, door)
        except TooLarge:
            meter.messages["too_large"] += 1
            return JSONResponse({"detail": f"at most {MOST_BYTES} bytes"}, status_code=413)
        try:
            taken = await run_in_threadpool(_take, key.city, door, payload, key.device)
        except StreamAway as away:
            meter.messages["no_kafka"] += 1
            answer = {"detail": f"try again: {away}"}
            return JSONResponse(answer, status_code=503, headers={"Retry-After": RETRY_AFTER_S})
        meter.messages[taken.outcome] += 1
        return JSONResponse({"outcome": taken.outcome, "detail": taken.detail})

    def _take(city: str, door: str, payload: bytes, device: str | None) -> Taken:
        taken = doorkeeper.take(city, door, payload, device=device)
        outlet.confirm(taken.events)
        return taken

    return app


def _key(doorkeeper: DoorKeeper, told: str) -> Key | None:
    key = doorkeeper.registry.latest.keys.get(hash_of(told)) if told else None
    if key is None:
        doorkeeper.registry.missed = True
    return key


def _no_key(meter: EdgeMeter, status: int, detail: str) -> Response:
    meter.messages["no_key"] += 1
    return JSONResponse({"detail": detail}, status_code=status)


async def _payload(request: Request, door: str) -> bytes:
    """The message: of the OsmAnd protocol the query, else the form, both as a query; of the others the body.

    Raises:
        TooLarge: it is longer than any message.
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
