"""One server process: started in its own session, logged to a file, ended by its process id only."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.stack.errors import ServerDidNotStart
from infra.stack.ports import wait_until

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
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

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
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
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

    def wait_until_ready(self, patience_s: float = 30) -> None:
        """Wait for it to answer.

        Raises:
            ServerDidNotStart: it ended or was not ready in time.
        """
        wait_until(self._ended_or_ready, what=self.name, patience_s=patience_s, hint=self.log_tail)
        if not self.is_running:
            raise ServerDidNotStart(f"{self.name} ended while starting. {self.log_tail()}")

    def _ended_or_ready(self) -> bool:
        return not self.is_running or self.ready is None or self.ready()

    def _group(self) -> str | None:
        return "nogroup" if self.user and os.geteuid() == 0 else None

    def stop(self) -> None:
        """Ask it to end, wait, and only then kill it. Safe to call twice."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Hold it: connections stay open, nothing is answered, until `resume`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def log_tail(self, lines: int = 8) -> str:
        """The end of its log, for an error message."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return f"Its log ({self.log_path}) ends:\n" + "\n".join(text.splitlines()[-lines:])
