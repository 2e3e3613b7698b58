"""Mosquitto's password file: one line `username:$7$iterations$salt$hash` a login, as mosquitto_passwd writes it.

The file, and not Mosquitto's dynamic security plugin: with patterns in the access list one line a device says all,
fifty thousand lines are read in a moment, and there is no login that may change others' rights over the network.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import TourneeError

ITERATIONS = 101
"""mosquitto_passwd's own default. Mosquitto hashes again on every connection and, after a reload, for every connected
device, on its one thread; passwords made here are random enough that no number of rounds would add to them."""
SALT_BYTES = 12
PASSWORD_BYTES = 24
"""32 characters: 192 bits."""
SHORTEST_PASSWORD = 24


class PasswordsRefused(TourneeError):
    """The password file cannot be used, or a login would not be safe; the message says what to change."""


class MqttPasswords:
    """The logins of one file. Changes are kept in memory until `changing` has ended well."""

    def __init__(self, path: Path, hashes: dict[str, str]) -> None:
        self._path = path
        self._hashes = hashes

    @classmethod
    def read(cls, path: Path) -> "MqttPasswords":
        """The logins in the file; none where there is no file yet.

        Raises:
            PasswordsRefused: the file cannot be read, or a line is not Mosquitto's.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise PasswordsRefused(f"{path} cannot be read: {error.strerror}") from error
        hashes = {}
        for number, line in enumerate(lines, start=1):
            username, colon, hashed = line.partition(":")
            if not line:
                continue
            if not (username and colon and hashed.startswith("$")):
                raise PasswordsRefused(
                    f"{path}, line {number}: expected username:$7$..., as mosquitto_passwd writes it"
                )
            hashes[username] = hashed
        return cls(path, hashes)

    def usernames(self) -> list[str]:
        return sorted(self._hashes)

    def has(self, username: str) -> bool:
        return username in self._hashes

    def add(self, username: str) -> str:
        """Give a login a new random password and return it: it is written down nowhere else."""
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        self._hashes[username] = hash_password(password)
        return password

    def put(self, username: str, password: str) -> bool:
        """Give a login this password. False where it has it already, so that nothing changes.

        Raises:
            PasswordsRefused: the password is too short.
        """
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordsRefused(f"{username}: the password needs at least {SHORTEST_PASSWORD} characters")
        if matches(self._hashes.get(username, ""), password):
            return False
        self._hashes[username] = hash_password(password)
        return True

    def remove(self, username: str) -> None:
        """Take a login away.

        Raises:
            PasswordsRefused: there is none of that name.
        """
        if self._hashes.pop(username, None) is None:
            raise PasswordsRefused(f"{username} has no password in {self._path}")

    def _write(self) -> None:
        text = "".join(f"{username}:{hashed}\n" for username, hashed in sorted(self._hashes.items()))
        _replace(self._path, text.encode())


@contextmanager
def changing(path: Path) -> Iterator[MqttPasswords]:
    """Read the file, let the caller change its logins, and replace it whole; one at a time, and not at all on an error.

    A reload amid the change reads the old file or the new one. Mount its folder, not the file, into a container: a
    mounted file would stay the old one.

    Raises:
        PasswordsRefused: the file cannot be read or written.
    """
    try:
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PasswordsRefused(f"nothing can be written beside {path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        passwords = MqttPasswords.read(path)
        yield passwords
        passwords._write()
    finally:
        os.close(lock)


def hash_password(password: str) -> str:
    """A salted PBKDF2-HMAC-SHA512 in the form that Mosquitto 1.6.7 and later read."""
    salt = secrets.token_bytes(SALT_BYTES)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"


def matches(hashed: str, password: str) -> bool:
    """Whether the password is the one hashed; False for hashes of another kind."""
    match hashed.split("$"):
        case ["", "7", iterations, salt, expected] if iterations.isdigit():
            found = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
            return hmac.compare_digest(found, base64.b64decode(expected))
    return False


def _replace(path: Path, content: bytes) -> None:
    """Put new content in the file's place at once and durably, readable by its owner alone, who stays the same."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if os.geteuid() == 0 and path.exists():
                os.chown(fresh, path.stat().st_uid, path.stat().st_gid)  # Mosquitto's, on a host without containers
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise PasswordsRefused(f"{path} cannot be written: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
