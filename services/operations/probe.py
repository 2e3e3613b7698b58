"""A tiny HTTP server beside a service's loop: `/health`, `/ready` and `/metrics`, for machines inside only."""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from shutil import disk_usage
from typing import Any, ClassVar, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.errors import TourneeError
from services.operations.families import gauge, gauges
from services.operations.logs import spellings, without_secrets
from services.operations.questions import Asked, Question

STUCK_AFTER_S = 60.0
"""A loop that has not turned for so long is stuck: no wait of ours for a server is longer than 15 s."""

DATA_DISK = "/"
"""The disk told of: in a container, this is the disk that holds Docker's volumes too, unless they were moved."""


class ProbePortTaken(TourneeError):
    """The probe's address cannot be listened on."""


class Answer(NamedTuple):
    status: int
    body: bytes
    kind: str = "application/json"


class Probe(Collector):
    """What a service says of itself. Safe from any thread."""

    def __init__(
        self,
        service: str,
        member: str = "1",
        meter: Collector | None = None,
        *,
        stuck_after_s: float = STUCK_AFTER_S,
        secrets: Iterable[str] = (),
    ) -> None:
        self._secrets = spellings(secrets)
        self._who = {"service": service, "member": member}
        self._stuck_after_s = stuck_after_s
        self._turned_s = time.monotonic()
        self._patience_s = stuck_after_s
        self._asked: dict[str, Asked] = {}
        self._told: dict[str, str | None] = {}
        self._needed: dict[str, bool] = {}
        self._server: ThreadingHTTPServer | None = None
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(self)
        if meter is not None:
            self.registry.register(meter)

    def turned(self, next_within_s: float | None = None) -> None:
        """The main loop has come round. `next_within_s`: when this turn is known to take longer than usual."""
        self._turned_s = time.monotonic()
        self._patience_s = max(self._stuck_after_s, next_within_s or 0)

    def state(self, server: str, *, ok: bool, reason: str = "", needed: bool = True) -> None:
        """What the service itself has noticed of a server."""
        self._told[server] = None if ok else reason or "not there"
        self._needed[server] = needed

    def asks(self, server: str, question: Question, *, needed: bool = True) -> None:
        """Ask this of a server whenever somebody wants to know. One that is not `needed` is told of, no more."""
        self._asked[server] = Asked(question)
        self._needed[server] = needed

    def health(self) -> Answer:
        """200 while the main loop turns, 503 when it is stuck."""
        since_s, is_alive = self._since_turn_s(), self._is_alive()
        status = "up" if is_alive else f"stuck: the main loop has not turned for {since_s:.0f} s"
        return _json(200 if is_alive else 503, self._who | {"status": status})

    def ready(self) -> Answer:
        """200 when every server it needs answers, 503 otherwise; names each, with ok or the reason."""
        reasons = self._reasons()
        is_ready = all(reason is None for server, reason in reasons.items() if self._needed[server])
        servers = {
            server: "ok" if reason is None else without_secrets(reason, self._secrets)
            for server, reason in reasons.items()
        }
        return _json(200 if is_ready else 503, self._who | {"ready": is_ready, "servers": servers})

    def metrics(self) -> Answer:
        return Answer(200, generate_latest(self.registry), "text/plain; version=0.0.4; charset=utf-8")

    def collect(self) -> Iterator[Metric]:
        """What every service says, whatever it does."""
        info = GaugeMetricFamily("tournee_service_info", "Always 1.", labels=["service", "member", "version"])
        info.add_metric([*self._who.values(), version("tournee")], 1)
        yield info
        yield gauge("tournee_service_alive", "1 while the main loop turns, 0 when it is stuck.", self._is_alive())
        yield gauge("tournee_service_since_turn_seconds", "Since the main loop came round.", self._since_turn_s())
        answers = {server: float(reason is None) for server, reason in self._reasons().items()}
        yield gauges("tournee_server_answers", "Whether a server answers this service.", "server", answers)
        disk = disk_usage(DATA_DISK)
        yield gauge("tournee_disk_free_bytes", "Left on this machine's disk.", disk.free)
        yield gauge("tournee_disk_size_bytes", "All of this machine's disk.", disk.total)

    def start(self, host: str, port: int) -> int:
        """Answer from now on; the port, which the system chooses where 0 was asked for.

        Raises:
            ProbePortTaken: the address cannot be listened on.
        """
        try:
            server = ThreadingHTTPServer((host, port), type("Handler", (_Handler,), {"probe": self}))
        except OSError as error:
            raise ProbePortTaken(
                f"TOURNEE_PROBE_HOST and TOURNEE_PROBE_PORT: {host}:{port} cannot be listened on: {error}"
            ) from error
        server.daemon_threads = True
        self._server = server
        threading.Thread(target=server.serve_forever, name="probe", daemon=True).start()
        return int(server.server_address[1])

    def stop(self) -> None:
        """Answer no more. Safe without a start."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _since_turn_s(self) -> float:
        return time.monotonic() - self._turned_s

    def _is_alive(self) -> bool:
        return self._since_turn_s() <= self._patience_s

    def _reasons(self) -> dict[str, str | None]:
        """By server, asked side by side: several that are away cost the patience of one."""
        threads = [threading.Thread(target=asked.reason, daemon=True) for asked in self._asked.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return dict(self._told) | {server: asked.reason() for server, asked in self._asked.items()}


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


class _Handler(BaseHTTPRequestHandler):
    probe: ClassVar[Probe]
    timeout = 5  # a client that asks nothing is not waited for
    server_version = "tournee"
    sys_version = ""

    def do_GET(self) -> None:
        pages = {"/health": self.probe.health, "/ready": self.probe.ready, "/metrics": self.probe.metrics}
        page = pages.get(self.path.partition("?")[0])
        answer = page() if page else _json(404, {"status": f"only {', '.join(pages)}"})
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Somebody looks every few seconds: not worth a line."""
