"""Build the journal plugin for the Mosquitto of this machine, once per version of either."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.stack.errors import ServerMissing, StackError

SOURCE = Path(__file__).parent
FLAGS = (
    *("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"),
    # Some distributions set _FORTIFY_SOURCE themselves, and setting it twice is a warning.
    *("-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"),
)


def journal_plugin(mosquitto_version: str) -> Path:
    """The built plugin, from the cache where it was built before for this Mosquitto.

    Raises:
        ServerMissing: the compiler or Mosquitto's plugin headers are not installed.
        StackError: the compiler fails; the message ends with what it says.
    """
    built = _cache() / f"mosquitto-journal-{_fingerprint(mosquitto_version)}" / "tournee_journal.so"
    if not built.exists():
        built.parent.mkdir(parents=True, exist_ok=True)
        build_plugin(built)
    return built


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tournee"


def _fingerprint(mosquitto_version: str) -> str:
    digest = hashlib.sha256(" ".join((mosquitto_version, *FLAGS)).encode())
    for path in sorted((*SOURCE.glob("*.c"), *SOURCE.glob("*.h"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def build_plugin(target: Path, flags: Sequence[str] = FLAGS, sources: Sequence[Path] | None = None) -> None:
    """Compile the journal into `target`, or with other flags, or another plugin.

    Raises:
        ServerMissing: the compiler or Mosquitto's plugin headers are not installed.
        StackError: the compiler fails; the message ends with what it says.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ServerMissing("Mosquitto's journal needs a C compiler: apt-get install gcc libc6-dev mosquitto-dev")
    files = sorted(SOURCE.glob("*.c")) if sources is None else sources
    # Built beside its place and moved in: two that build at once never see half a file.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        asked = subprocess.run(
            [compiler, *flags, *map(str, files), "-o", str(made)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=120,
        )
        if asked.returncode != 0:
            raise _failure(asked.stderr)
        made.replace(target)


def _failure(said: str) -> StackError:
    if "mosquitto_broker.h: No such file" in said or "mosquitto_plugin.h: No such file" in said:
        return ServerMissing("Mosquitto's plugin headers are not installed: apt-get install mosquitto-dev")
    if "fatal error:" in said and "No such file" in said:
        return ServerMissing(f"the C library's headers are not installed: apt-get install libc6-dev. {said.strip()}")
    return StackError(f"Mosquitto's journal plugin cannot be built: {said.strip()}")
