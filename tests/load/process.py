"""The sensors in a process of their own, taking no time from whoever measures; their ledger is a file."""

import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from tests.load.ledger import Ledger
from tests.load.messages import Messages
from tests.load.sensors import Sensors

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Orders:
    """All that the process needs to know."""

    host: str
    port: int
    plan: Messages
    ledger_file: Path
    connections: int = 100
    window: int = 50
    name: str = "sensors"
    stamps: bool = False
    twice_every: int | None = None
    rate_per_s: float | None = None
    login: tuple[str, str] | None = None
    """User name and password of every connection."""

    def open_ledger(self) -> Ledger:
        return Ledger(self.plan.count, stamps=self.stamps, file=self.ledger_file)


class SensorsProcess:
    """Runs the sensors from entering on; leaving stops it and waits until what it sent is acknowledged, or kills it."""

    def __init__(self, orders: Orders) -> None:
        orders.ledger_file.parent.mkdir(parents=True, exist_ok=True)
        orders.ledger_file.unlink(missing_ok=True)
        self._orders = orders
        self.plan = orders.plan
        self.ledger = orders.open_ledger()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.load.process"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write(pickle.dumps(self._orders))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def acknowledged(self) -> int:
        return self.ledger.count_acknowledged()

    def stop(self) -> None:
        """Send nothing new; the process ends when what was sent is acknowledged."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, patience_s: float) -> None:
        """Wait for its end.

        Raises:
            TimeoutError: it still sends after `patience_s`.
            RuntimeError: it failed; its error is on stderr.
        """
        try:
            code = self._process.wait(patience_s)
        except subprocess.TimeoutExpired as late:
            told = f"the sensors have {self.acknowledged} of {self.plan.count} after {patience_s:.0f} s"
            raise TimeoutError(told) from late
        if code:
            raise RuntimeError(f"the sensors ended with {code}; their error is on stderr")


def main() -> None:
    """Run the orders that come pickled on stdin, until done or SIGTERM."""
    orders: Orders = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    sensors = Sensors(
        orders.host,
        orders.port,
        orders.plan,
        connections=orders.connections,
        window=orders.window,
        name=orders.name,
        credentials=(lambda _number, login=orders.login: login) if orders.login else None,
        twice_every=orders.twice_every,
        ledger=orders.open_ledger(),
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        sensors.stop()

    signal.signal(signal.SIGTERM, stop)
    sensors.run(orders.rate_per_s)


if __name__ == "__main__":
    main()
