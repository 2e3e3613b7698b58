"""How far a run is, for whoever waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.schedule import Strike

FIRST_GUESS_S = 3.0
"""Of a recovery, while none has been seen."""


@dataclass
class Progress:
    """Which strike it is, and about how long the run still takes.

    As long as the schedule says, with recoveries as long as those so far.
    """

    strikes: Sequence[Strike]
    messages: int
    """To be acknowledged at least."""
    rate_per_s: float
    done: int = 0
    recoveries_s: list[float] = field(default_factory=list)

    def recovered(self, recovery_s: float) -> None:
        """One strike more is over."""
        self.done += 1
        self.recoveries_s.append(recovery_s)

    @property
    def number(self) -> str:
        """Of the strike that is on."""
        return f"{self.done + 1}/{len(self.strikes)}"

    def left_s(self, acknowledged: int) -> float:
        """Until everybody may stop."""
        recovery_s = sum(self.recoveries_s) / len(self.recoveries_s) if self.recoveries_s else FIRST_GUESS_S
        striking_s = sum(strike.after_s + strike.lasts_s + recovery_s for strike in self.strikes[self.done :])
        sending_s = (self.messages - acknowledged) / self.rate_per_s
        return max(striking_s, sending_s, 0.0)

    def left(self, acknowledged: int) -> str:
        """The same in words."""
        left_s = self.left_s(acknowledged)
        about = f"{left_s / 60:.0f} min" if left_s >= 90 else f"{left_s:.0f} s"
        return f"strikes left: {len(self.strikes) - self.done}, about {about}"
