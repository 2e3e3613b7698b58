"""An identity provider beside passwords: OpenID Connect, by authorization code with PKCE.

It says who somebody is, and nothing of what they may do: that is the account's which somebody of ours has linked.
"""

import ipaddress
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.errors import TourneeError

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Signed by a key of the provider's own: none that is shared, and never `none`."""
KEPT_FOR = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(minutes=1)
"""A key that we do not know may be a new one; whoever makes up keys does not make us ask for them without end."""
LEEWAY_S = 60
PATIENCE_S = 5.0
MOST_BYTES = 256 * 1024
LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""
STRONG = frozenset({"mfa", "otp", "hwk", "sc", "fpt"})
"""By RFC 8176: the provider has asked for more than a password."""


class ProviderRefused(TourneeError):
    """The provider does not answer, or what it says is not to be believed. The message holds no token."""


@dataclass(frozen=True)
class Asked:
    """What a browser was sent to the provider with, and has to come back with."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636): who intercepts the code cannot use it."""
    city: str
    leads_to: str


class Vouched(NamedTuple):
    """Who the provider says that somebody is."""

    issuer: str
    subject: str
    is_strong: bool
    """It has asked for more than a password."""


class Provider:
    """One issuer, as it describes itself. What it said is kept for an hour."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, name: str) -> None:
        self.issuer = issuer
        self.name = name
        """What people call it."""
        self._client_id = client_id
        self._secret = client_secret
        self._lock = threading.Lock()
        self._metadata: tuple[datetime, Mapping[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def authorization_url(self, asked: Asked, redirect_uri: str, now: datetime) -> str:
        """Where somebody is sent to say who they are.

        Raises:
            ProviderRefused: it does not answer, or not for itself.
        """
        client = OAuth2Client(None, client_id=self._client_id, scope="openid", code_challenge_method="S256")
        url, _ = client.create_authorization_url(
            self._endpoint("authorization_endpoint", now), asked.state, asked.verifier, redirect_uri=redirect_uri,
            nonce=asked.nonce,
        )  # fmt: skip
        return str(url)

    def vouch(self, code: str, iss: str | None, asked: Asked, redirect_uri: str, now: datetime) -> Vouched:
        """Who came back with `code`: fetched from the provider, signed by it, for us, now, for this very browser.

        Raises:
            ProviderRefused: any of it is not so.
        """
        metadata = self._described(now)
        is_promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if (iss is None and is_promised) or iss not in {None, self.issuer}:
            raise ProviderRefused("the answer is another issuer's (RFC 9207)")
        order = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "code_verifier": asked.verifier,
        }  # fmt: skip
        # Both are form-encoded before they are joined: RFC 6749, section 2.3.1.
        auth = (quote(self._client_id, safe=""), quote(self._secret, safe=""))
        answer = self._ask("POST", self._endpoint("token_endpoint", now), data=order, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("no id_token")
        return self._read(token, str(answer.get("access_token", "")), asked.nonce, now)

    def sign_out_url(self, return_to: str, now: datetime) -> str | None:
        """Where the provider ends its own session; None where it says of no such place."""
        try:
            url = self._endpoint("end_session_endpoint", now)
        except ProviderRefused:
            return None
        query = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": return_to})
        return f"{url}{'&' if '?' in url else '?'}{query}"

    def _read(self, token: str, access_token: str, nonce: str, now: datetime) -> Vouched:
        try:
            try:
                decoded = jwt.decode(token, self._key_set(now), algorithms=ALGORITHMS)
            except (JoseError, ValueError):  # perhaps by a key that is newer than those we have
                decoded = jwt.decode(token, self._key_set(now, is_new=True), algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
            }
            params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderRefused(f"id_token: {type(error).__name__}: {str(error)[:100]}") from None
        subject, methods = claims["sub"], claims.get("amr", [])
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
            raise ProviderRefused("id_token: no subject")
        return Vouched(self.issuer, subject, is_strong=bool(STRONG.intersection(map(str, methods))))

    def _key_set(self, now: datetime, *, is_new: bool = False) -> KeySet:
        with self._lock:
            kept = self._keys
        life = ASKED_AGAIN_AFTER if is_new else KEPT_FOR
        if kept is not None and now - kept[0] < life:
            return kept[1]
        keys = KeySet.import_key_set(self._ask("GET", self._endpoint("jwks_uri", now)))  # type: ignore[arg-type]
        with self._lock:
            self._keys = (now, keys)
        return keys

    def _endpoint(self, name: str, now: datetime) -> str:
        url = self._described(now).get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise ProviderRefused(f"{name}: an address by HTTPS is expected")
        return url

    def _described(self, now: datetime) -> Mapping[str, Any]:
        with self._lock:
            kept = self._metadata
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        described = self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self.issuer:
            raise ProviderRefused("it describes another issuer than the one that is set")
        with self._lock:
            self._metadata = (now, described)
        return described

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            with (
                httpx.Client(timeout=PATIENCE_S, trust_env=False, follow_redirects=False) as client,
                client.stream(method, url, headers={"Accept": "application/json"}, **more) as response,
            ):
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise ProviderRefused(f"{urlsplit(url).path}: too long an answer")
            if response.status_code != 200:
                raise ProviderRefused(f"{urlsplit(url).path}: {response.status_code}")
            answer = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderRefused(f"{urlsplit(url).path}: {type(error).__name__}") from None
        if not isinstance(answer, dict):
            raise ProviderRefused(f"{urlsplit(url).path}: no object")
        return answer


def is_safe(url: str) -> bool:
    """HTTPS; plain HTTP to this very machine alone, where somebody tries things."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
