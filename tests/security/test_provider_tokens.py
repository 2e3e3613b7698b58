"""Tokens that a false provider, or somebody between, could send: each is refused for its own reason."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from services.web.entry.provider import Asked, Provider, ProviderRefused, Vouched, is_safe

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CLIENT, SECRET = "tournee", "a secret of the client's own, quite long"
ASKED = Asked("state", "nonce-of-this-browser", "v" * 43, "port-azur", "")
KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
NEWER_KEY = RSAKey.generate_key(2048, {"kid": "two", "alg": "RS256", "use": "sig"})


@dataclass
class False_:  # noqa: N801 - `False` is taken
    """Answers whatever a test wants."""

    issuer: str = ""
    described: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [KEY])
    token: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200
    padding: str = ""

    def claims(self, **changes: Any) -> dict[str, Any]:
        at = int(NOW.timestamp())
        told = {
            "iss": self.issuer, "sub": "person", "aud": CLIENT, "exp": at + 60, "iat": at, "nonce": ASKED.nonce,
        } | changes  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}

    def answer(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            ends = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            return {"issuer": self.issuer} | ends | self.described
        if path == "/jwks_uri":
            return dict(KeySet(self.keys).as_dict(private=False))
        return {"access_token": "access", "token_type": "Bearer", "id_token": self.token, "padding": self.padding}


@contextmanager
def listening(served: False_) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            served.asked.append((self.path, self.rfile.read(length).decode()))
            body = json.dumps(served.answer(self.path)).encode()
            self.send_response(served.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - so http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def false() -> Iterator[False_]:
    served = False_()
    with listening(served):
        yield served


def vouch(false: False_, token: str, *, now: datetime = NOW, iss: str | None = None) -> Vouched:
    false.token = token
    provider = Provider(false.issuer, CLIENT, SECRET, "Ville ID")
    return provider.vouch("code", iss, ASKED, "http://pages/retour", now)


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str = "one") -> str:
    return jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])


def test_true_token_is_believed(false: False_) -> None:
    """Else nothing below could fail. The secret goes to the token endpoint alone, as RFC 6749 says."""
    assert vouch(false, signed(false.claims())) == Vouched(false.issuer, "person", is_strong=False)
    assert vouch(false, signed(false.claims(amr=["pwd", "mfa"]))).is_strong
    assert not vouch(false, signed(false.claims(amr=["pwd"]))).is_strong
    assert all(SECRET not in path + body for path, body in false.asked)
    (body,) = {body for path, body in false.asked if path == "/token_endpoint"}
    assert f"code_verifier={ASKED.verifier}" in body


def by_hand(alg: str, claims: dict[str, Any], secret: bytes | None) -> str:
    """What no library signs: by a secret that is a public key, or by nobody."""
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "one"}, claims)]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = b"" if secret is None else hmac.digest(secret, text, "sha256")
    return (text + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},  # and no word of whom it was issued to
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"exp": int((NOW - timedelta(minutes=5)).timestamp())},
        {"exp": None},
        {"iat": int((NOW + timedelta(hours=1)).timestamp())},
        {"iat": None},
        {"nbf": int((NOW + timedelta(hours=1)).timestamp())},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": "two\nlines"},
        {"at_hash": "of another access token"},
        {"amr": "mfa"},
    ],
    ids=str,
)
def test_token_for_another_time_place_or_browser_is_refused(false: False_, changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused):
        vouch(false, signed(false.claims(**changes)))


def test_token_signed_by_anybody_else_is_refused(false: False_) -> None:
    """By a key of the same name, by the client's secret or a public key as one, by nobody, or changed afterwards."""
    claims = false.claims()
    public = KEY.as_pem(private=False)
    header, payload, signature = signed(claims).split(".")
    changed = signed(false.claims(sub="mayor")).split(".")[1]
    for forged in (
        signed(claims, OTHER_KEY),
        by_hand("HS256", claims, SECRET.encode()),
        by_hand("HS256", claims, public),
        by_hand("none", claims, None),
        f"{header}.{changed}.{signature}",
        f"{header}.{payload}.",
        "not a token",
        "",
    ):
        with pytest.raises(ProviderRefused):
            vouch(false, forged)


def test_newer_key_is_asked_for_and_made_up_ones_not_without_end(false: False_) -> None:
    """A provider changes its keys; whoever names keys that are none does not make us ask each time."""
    provider = Provider(false.issuer, CLIENT, SECRET, "Ville ID")

    def asked(token: str, now: datetime) -> Vouched:
        false.token = token
        return provider.vouch("code", None, ASKED, "http://pages/retour", now)

    assert asked(signed(false.claims()), NOW).subject == "person"
    false.keys = [NEWER_KEY]
    later = NOW + timedelta(minutes=2)
    at = {"iat": int(later.timestamp()), "exp": int(later.timestamp()) + 60}
    assert asked(signed(false.claims(**at), NEWER_KEY, kid="two"), later).subject == "person"
    with pytest.raises(ProviderRefused):
        asked(signed(false.claims(**at)), later)  # the old one is a key no more
    before = len([path for path, _ in false.asked if path == "/jwks_uri"])
    for n in range(5):
        with pytest.raises(ProviderRefused):
            asked(signed(false.claims(**at), OTHER_KEY, kid=f"made-up-{n}"), later)
    assert len([path for path, _ in false.asked if path == "/jwks_uri"]) == before


def test_provider_that_describes_another_or_leads_out_of_https_is_refused(false: False_) -> None:
    """And one that answers without end, with errors, or not at all."""
    token = signed(false.claims())
    for described in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": None},
        {"authorization_response_iss_parameter_supported": True},
    ):
        false.described = described
        with pytest.raises(ProviderRefused):
            vouch(false, token)
    false.described = {}
    with pytest.raises(ProviderRefused):
        vouch(false, token, iss="https://evil.example")
    false.padding = "x" * 300_000
    with pytest.raises(ProviderRefused, match="too long"):
        vouch(false, token)
    false.padding, false.status = "", 302
    with pytest.raises(ProviderRefused, match="302"):
        vouch(false, token)
    with pytest.raises(ProviderRefused):
        Provider("http://127.0.0.1:9", CLIENT, SECRET, "x").authorization_url(ASKED, "http://pages/retour", NOW)


def test_refusals_hold_no_token_and_no_secret(false: False_) -> None:
    token = signed(false.claims(aud="another-client"))
    with pytest.raises(ProviderRefused) as refused:
        vouch(false, token)
    assert not [part for part in (*token.split("."), SECRET) if part in str(refused.value)]
    assert SECRET not in repr(Provider(false.issuer, CLIENT, SECRET, "x"))


@pytest.mark.parametrize(
    ("url", "safe"),
    [("https://id.ville.example", True), ("http://127.0.0.1:8", True), ("http://[::1]:8", True),
     ("http://id.ville.example", False), ("http://192.168.1.1", False), ("ftp://127.0.0.1", False), ("https://", False),
     ("", False), ("http://127.0.0.1.evil.example", False)],
)  # fmt: skip
def test_only_https_leads_to_a_provider(url: str, safe: bool) -> None:
    """But on this very machine, where somebody tries things."""
    assert is_safe(url) is safe
