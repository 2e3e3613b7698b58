"""One try: the message signed and posted, and what was answered."""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult

import httpx

from services.webhook.address import AddressRefused, Network, addresses_of, port_of, read_url
from services.webhook.signing import signed_headers

# They tell of every request with its whole address, and of its headers: both may be secrets of the receiver's.
for chatty in ("httpx", "httpcore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

PATIENCE_S = 15.0
"""For a whole try; the standard advises 15 to 30. A receiver answers first and works afterwards."""
MOST_ADDRESSES = 4
SAID_CHARACTERS = 200
AGENT = "Tournee-Webhook/1"
JSON = "application/json"
MULTI_STATUS, MOST_ANSWER_BYTES = 207, 256 * 1024

Outcome = Literal["delivered", "refused", "unreachable", "forbidden", "gone"]
"""`refused`: answered with something else than 2xx; `forbidden`: the address is none that we may open; `gone`: 410."""


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    said: str
    """The status, or why there is none."""
    retry_after_s: float | None = None
    took_s: float = 0.0
    body: bytes = b""
    """The answer itself, where it has parts (207)."""


@dataclass(frozen=True)
class Endpoint:
    """A webhook's address, and what its messages are signed with."""

    webhook_id: str
    url: str = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def shown(self) -> str:
        """For logs: the path and the query of an address may be a secret of the receiver's."""
        return self.url.split("?", maxsplit=1)[0].split("/")[2]


def body_of(event: str, happened_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body, to the byte the same at every try."""
    instant = happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": instant, "data": data}, ensure_ascii=False).encode()


class Poster:
    """Posts messages. Holds no connection: each try looks anew where the name leads."""

    def __init__(self, networks: Sequence[Network] = (), ca: Path | None = None) -> None:
        self._networks = networks
        self._tls = ssl.create_default_context()
        if ca is not None:
            self._tls.load_verify_locations(ca)

    def post(self, endpoint: Endpoint, message_id: str, body: bytes) -> Answer:
        """Try a message of a webhook once, signed."""
        return self.send(endpoint.url, signed_headers(endpoint.secret, message_id, int(time.time()), body), body)

    def send(self, url: str, more_headers: Mapping[str, str], body: bytes) -> Answer:
        """Try once, for at most `PATIENCE_S`. Redirections are not followed: they could lead anywhere."""
        began_s = time.monotonic()
        try:
            at = read_url(url, plain_http=True)  # that it may be was said when it was added
            addresses = addresses_of(at, self._networks)
        except AddressRefused as refused:
            return Answer("forbidden", str(refused))
        headers = {"host": at.netloc, "content-type": JSON, "user-agent": AGENT, **more_headers}
        try:
            told = asyncio.run(self._within_time(at, addresses[:MOST_ADDRESSES], headers, body))
        except TimeoutError:
            return Answer("unreachable", f"no answer within {PATIENCE_S:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            return Answer("unreachable", f"{type(error).__name__}: {error}"[:SAID_CHARACTERS])
        return _answer_of(told, time.monotonic() - began_s)

    async def _within_time(
        self, at: SplitResult, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> "_Told":
        async with asyncio.timeout(PATIENCE_S):
            transport = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
            async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=PATIENCE_S) as client:
                for address in addresses[:-1]:
                    try:
                        return await self._post(client, at, address, headers, body)
                    except httpx.ConnectError:
                        continue  # the next address: a machine without IPv6 has a way to the other
                return await self._post(client, at, addresses[-1], headers, body)

    async def _post(
        self, client: httpx.AsyncClient, at: SplitResult, address: str, headers: Mapping[str, str], body: bytes
    ) -> "_Told":
        """To this very address; the certificate has to be the name's."""
        url = httpx.URL(
            scheme=at.scheme,
            host=address,
            port=port_of(at),
            raw_path=((at.path or "/") + (f"?{at.query}" if at.query else "")).encode(),
        )
        asked = client.stream("POST", url, headers=headers, content=body, extensions={"sni_hostname": at.hostname})
        async with asked as answer:  # what it says beside the status is of no use, however long it is, but for 207
            told = await _begin_of(answer) if answer.status_code == MULTI_STATUS else b""
            return _Told(answer.status_code, answer.headers.get("retry-after", ""), told)


class _Told(NamedTuple):
    status: int
    retry_after: str
    body: bytes


async def _begin_of(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            break
    return bytes(body[:MOST_ANSWER_BYTES])


def _answer_of(told: _Told, took_s: float) -> Answer:
    status, retry_after, body = told
    if 200 <= status < 300:
        return Answer("delivered", str(status), took_s=took_s, body=body)
    if status == 410:
        return Answer("gone", "410: the receiver says that this address is gone", took_s=took_s)
    asks = status in {429, 503} and retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10
    wait_s = float(retry_after) if asks else None
    said = f"{status}: redirections are not followed" if 300 <= status < 400 else str(status)
    return Answer("refused", said, wait_s, took_s)
