"""What happened when, printed as it happens."""

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """Lines with seconds since the start."""

    start_s: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.start_s:7.1f} s  {text}\n")
        sys.stdout.flush()
