"""Codes that open something for whoever has them: drawn, shown once, and kept as a hash alone."""

import hashlib
import secrets

SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Five bits each; none that is mistaken for another when it is typed from paper."""
LINK_SIGNS = 26
"""Of a link that opens more than a phone: 130 bits."""


def draw_code(signs: int) -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(signs))


def plain_code(typed: str) -> str:
    """As it was drawn, however it was typed: in small letters, in groups, with spaces."""
    return "".join(sign for sign in typed[:128].upper() if sign in SIGNS)


def hash_code(secret: str) -> str:
    """Plain SHA-256 is enough: what is hashed is random, and long."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
