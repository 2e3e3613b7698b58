"""Passwords as Argon2id. Each takes a tenth of a second of a core and 64 MB: pages hold no connection meanwhile."""

import os
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_hasher = PasswordHasher(parallelism=1)
"""The library's own memory and passes (RFC 9106, the second recommendation), on one core."""
_at_once = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) - 1))
"""A core stays for the pages, however many knock."""
NOBODY = _hasher.hash("nobody")
"""Checked where there is no account, so that it takes as long."""


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def is_right(password_hash: str, password: str) -> bool:
    with _at_once:
        try:
            return _hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def renewed(password_hash: str, password: str) -> str:
    """The same hash, or one by today's parameters where it was made by others."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(password_hash) else password_hash
