"""Signatures as "Standard Webhooks" has them (github.com/standard-webhooks): HMAC-SHA256 of id, instant and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
SECRET_BYTES = 32  # the standard asks for 24 to 64


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """As the receiver keeps it, and as every library of the standard reads it."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, message_id: str, sent_s: int, body: bytes) -> Mapping[str, str]:
    """The three headers. `sent_s`: of this try, in seconds since 1970; a receiver refuses what is minutes old."""
    signed = f"{message_id}.{sent_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_s),
        "webhook-signature": f"v1,{signature}",
    }
