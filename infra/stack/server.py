"""One server process: started in its own session, logged to a file, ended by its process id only."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.stack.errors import ServerDidNotStart
from infra.stack.ports import wait_until
from infra.stack.process import hold_tree, kill_tree, resume_tree

STOP_PATIENCE_S = 15.0


@dataclass
class Server:
    """A child process and its log. `user` (name) applies when we are root; `stop_signal` is its polite end."""

    name: str
    command: Sequence[str]
    log_path: Path
    env: Mapping[str, str] | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] | None = None
    """Whether it answers; None: as soon as it runs."""
    ready_line: str | None = None
    """What it logs when it can be used: in the log since its last start, so a second start waits for it anew."""
    before: Callable[[], None] | None = None
    """Done before each start, say to clear what a killed one left."""
    patience_s: float = 30.0
    """How long it may take to be ready."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_from: int = field(default=0, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it is ready.

        Raises:
            ServerDidNotStart: it ended or was not ready in time.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the process; `wait_until_ready` says when it can be used."""
        if self.before is not None:
            self.before()
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._log_from = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.env) if self.env is not None else None,
                user=self.user if os.geteuid() == 0 else None,
                group=self._group(),
                extra_groups=[] if self.user and os.geteuid() == 0 else None,
                # Ctrl-C reaches us alone; we stop our children in order.
                start_new_session=True,
            )

    def wait_until_ready(self, patience_s: float | None = None) -> None:
        """Wait for it to answer.

        Raises:
            ServerDidNotStart: it ended or was not ready in time.
        """
        wait_until(self._ended_or_ready, what=self.name, patience_s=patience_s or self.patience_s, hint=self.log_tail)
        if not self.is_running:
            raise ServerDidNotStart(f"{self.name} ended while starting. {self.log_tail()}")

    def _ended_or_ready(self) -> bool:
        return not self.is_running or (self._has_said_so() and (self.ready is None or self.ready()))

    def _has_said_so(self) -> bool:
        if self.ready_line is None:
            return True
        with self.log_path.open("rb") as log:
            log.seek(self._log_from)
            return self.ready_line.encode() in log.read()

    def _group(self) -> str | None:
        return "nogroup" if self.user and os.geteuid() == 0 else None

    def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Ask it to end, wait, and only then kill it. Safe to call twice, and on one that is held."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.stop_signal)
        self.resume()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and all it has forked without a word (SIGKILL), as a power cut would. Returns when they are gone."""
        if self._process is not None:
            if self._process.poll() is None:
                kill_tree(self._process.pid)
            self._process.wait()

    def pause(self) -> None:
        """Hold it and all it has forked (SIGSTOP): connections stay open, nothing is answered, until `resume`."""
        if self._process is not None and self._process.poll() is None:
            hold_tree(self._process.pid)

    def resume(self) -> None:
        """Let go what `pause` holds."""
        if self._process is not None and self._process.poll() is None:
            resume_tree(self._process.pid)

    def log_tail(self, lines: int = 8) -> str:
        """The end of its log, for an error message."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return f"Its log ({self.log_path}) ends:\n" + "\n".join(text.splitlines()[-lines:])
