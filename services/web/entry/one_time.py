"""One-time codes from an authenticator on somebody's phone: RFC 6238, six digits, thirty seconds, SHA-1."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
"""A phone's clock may be half a minute off, and typing takes a while."""
SECRET_BYTES = 20


def new_secret() -> str:
    """In base 32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """RFC 4226: four bytes of the HMAC, from where its last half byte says."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def find_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step that this code is of, where it is of now and later than `after`, the last that was used."""
    current = int(now.timestamp()) // STEP_S
    given = code.replace(" ", "")
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        is_it = hmac.compare_digest(code_at(secret, step).encode(), given.encode(errors="replace"))
        if is_it and step > after:
            found = step
    return found


def address_of(secret: str, city: str, login: str) -> str:
    """What an authenticator app takes as a link or a QR code."""
    label = quote(f"Tournee {city}:{login}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': f'Tournee {city}'})}"
