"""Signed tokens: the session in its cookie, and the proof that a form was ours. Both live by the wall clock."""

import secrets
from dataclasses import dataclass
from typing import Any, NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer

from services.web.entry.accounts import Account
from services.web.entry.provider import Asked
from services.web.entry.rights import OF_THE_WHOLE_CITY, RIGHTS, Right, Role

LIFE_S = 12 * 3600  # a shift with its margins
HALF_LIFE_S = 600
"""To show a second proof after the first, or to come back from an identity provider."""


@dataclass(frozen=True)
class Session:
    """Somebody who has logged in."""

    city: str
    login: str
    role: Role
    truck: str | None
    nonce: str
    fleet: str | None = None
    """The only one that it plans, sends and follows; None: all of its city's."""
    provider: str | None = None
    """Who vouched for it; None: a password."""

    def may(self, right: Right) -> bool:
        return self.role in RIGHTS[right] and not (self.fleet is not None and right in OF_THE_WHOLE_CITY)


class Half(NamedTuple):
    """Somebody who has shown the first of two proofs."""

    city: str
    login: str
    epoch: int
    to: str
    """The page of the second."""
    suite: str
    """Where they wanted to go."""
    provider: str
    """Who vouched for the first; empty: a password."""


class Tokens:
    """Makes and checks tokens with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._sessions = URLSafeTimedSerializer(secret, salt="session")
        self._forms = URLSafeTimedSerializer(secret, salt="csrf")
        self._shown = URLSafeTimedSerializer(secret, salt="one-time")
        self._halves = URLSafeTimedSerializer(secret, salt="half")
        self._asked = URLSafeTimedSerializer(secret, salt="asked")

    def session(self, account: Account, nonce: str) -> str:
        return self._sessions.dumps([account.city, account.login, account.session_epoch, nonce])

    def read_session(self, token: str) -> tuple[str, str, int, str] | None:
        """City, login, epoch and nonce; None when it is not ours or too old."""
        value = _loads(self._sessions, token)
        return tuple(value) if isinstance(value, list) and len(value) == 4 else None

    def csrf(self, nonce: str) -> str:
        """Proof that a form of this session (or of this browser, before it has one) was ours."""
        return self._forms.dumps(nonce)

    def is_csrf(self, token: str, nonce: str) -> bool:
        value = _loads(self._forms, token)
        return isinstance(value, str) and secrets.compare_digest(value, nonce)

    def shown_secret(self, secret: str, nonce: str) -> str:
        """A secret for one-time codes that a form of ours shows, so that it comes back as we drew it."""
        return self._shown.dumps([secret, nonce])

    def read_shown_secret(self, token: str, nonce: str) -> str | None:
        value = _loads(self._shown, token)
        return value[0] if isinstance(value, list) and value[1:] == [nonce] else None

    def half(self, half: Half) -> str:
        return self._halves.dumps(list(half))

    def read_half(self, token: str) -> Half | None:
        value = _loads(self._halves, token, HALF_LIFE_S)
        return Half(*value) if isinstance(value, list) and len(value) == len(Half._fields) else None

    def asked(self, asked: Asked) -> str:
        """For the browser that is sent to an identity provider, to come back with."""
        return self._asked.dumps([asked.state, asked.nonce, asked.verifier, asked.city, asked.leads_to])

    def read_asked(self, token: str) -> Asked | None:
        value = _loads(self._asked, token, HALF_LIFE_S)
        return Asked(*value) if isinstance(value, list) and len(value) == 5 else None


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def _loads(serializer: URLSafeTimedSerializer, token: str, life_s: int = LIFE_S) -> Any:
    try:
        return serializer.loads(token, max_age=life_s)
    except BadSignature:
        return None
