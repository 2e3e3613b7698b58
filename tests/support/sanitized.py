"""Mosquitto with its plugin compiled under AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.mosquitto.build import FLAGS, SOURCE, build_plugin
from infra.stack.server import Server
from tests.support.production_mqtt import needs

SANITIZE = (
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1"),
    "-Wl,-z,nodelete",  # a library that is unloaded has no name any more when leaks are looked for
)
FOR_SPEED = re.compile(r"-O\d|-[DU]_FORTIFY_SOURCE.*")
"""The compiler checks less where these are on, or contradicts the sanitizers."""


@dataclass(frozen=True)
class Sanitized:
    """A plugin, the runtime that Mosquitto must load before it, and where the sanitizers write what they find."""

    plugin: Path
    runtime: Path
    reports: Path
    sources: tuple[Path, ...]
    logs: set[Path] = field(default_factory=set)
    """Of the servers it was put into: UndefinedBehaviorSanitizer writes to standard error."""

    def put_into(self, server: Server) -> None:
        """This plugin in place of the configured one, from the next start on."""
        config = Path(server.command[-1])
        lines = config.read_text().splitlines()
        config.write_text("\n".join(f"plugin {self.plugin}" if ln.startswith("plugin ") else ln for ln in lines) + "\n")
        server.env = self.environment()
        self.logs.add(server.log_path)

    def environment(self) -> dict[str, str]:
        log = self.reports / "report"
        return os.environ | {
            "LD_PRELOAD": str(self.runtime),
            "ASAN_OPTIONS": f"log_path={log}:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    def found(self) -> list[str]:
        """Each report, but for leaks of Mosquitto alone."""
        texts = [path.read_text(errors="replace") for path in sorted(self.reports.iterdir())]
        said = [line for log in sorted(self.logs) for line in log.read_text(errors="replace").splitlines()]
        ours = [text for text in texts if "LeakSanitizer" not in text or self._is_named_in(text)]
        return ours + [line for line in said if "runtime error:" in line]

    def _is_named_in(self, report: str) -> bool:
        return any(str(path) in report for path in self.sources)


def sanitized_plugin(folder: Path, sources: Sequence[Path] | None = None) -> Sanitized:
    """The journal, or these sources, built so. Where this machine's gcc cannot, the test is skipped with the reason."""
    gcc = needs("gcc", "apt install gcc libc6-dev mosquitto-dev")
    runtime = Path(subprocess.run([gcc, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
                   .stdout.strip())  # fmt: skip
    if not runtime.is_absolute():  # gcc names what it does not have by its bare name
        reason = f"{gcc} has no AddressSanitizer: apt install libgcc-12-dev, or the version of its own"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    plugin, reports = folder / "sanitized_journal.so", folder / "reports"
    reports.mkdir()
    flags = [flag for flag in FLAGS if not FOR_SPEED.fullmatch(flag)]
    build_plugin(plugin, [*flags, *SANITIZE], sources)
    return Sanitized(plugin, runtime.resolve(), reports, tuple(sources or SOURCE.glob("*.c")))
