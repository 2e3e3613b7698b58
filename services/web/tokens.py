"""Signed tokens: the session in its cookie, and the proof that a form was ours. Both live by the wall clock."""

import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from services.web.accounts import Account, Role

LIFE_S = 12 * 3600  # a shift with its margins


@dataclass(frozen=True)
class Session:
    """Somebody who has logged in."""

    city: str
    login: str
    role: Role
    truck: str | None
    nonce: str


class Tokens:
    """Makes and checks tokens with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._sessions = URLSafeTimedSerializer(secret, salt="session")
        self._forms = URLSafeTimedSerializer(secret, salt="csrf")

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


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def _loads(serializer: URLSafeTimedSerializer, token: str) -> Any:
    try:
        return serializer.loads(token, max_age=LIFE_S)
    except BadSignature:
        return None
