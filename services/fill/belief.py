"""What is believed of a container, and how each piece of evidence changes it. The only place where anything is learned.

A first estimator: a straight line through the readings since the last emptying, as running sums, and the container's
usual rate from the cycles before. A belief depends on nothing but its evidence in the order in which it happened:
the writer folds in what comes, and whoever asks for an instant of the past folds anew (`replay.py`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic_core import from_json, to_json

from services.fill.evidence import Evidence, Kind

ESTIMATOR = 1
"""Raise it with every change of what is learned or how a belief is written down: all are then learned anew."""

DAY = timedelta(days=1)

LEARN_FROM_READINGS = 4
LEARN_FROM_SPREAD_DAYS2 = 0.005
"""A cycle teaches when it has four readings over more than a few hours: their variance is above 0.005 days^2, which a
standard deviation of 1.7 hours is."""
NEWEST_CYCLE_SHARE = 0.4
"""Of the cycle just ended in the usual rate; each cycle before weighs 0.6 of the one after it. Assumed."""


class Belief(NamedTuple):
    """Of one container. Sums over the readings since the last emptying: x = days since `epoch_at`, y = fill ratio."""

    emptied_at: datetime | None = None
    epoch_at: datetime | None = None
    readings: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    usual_fill_per_day: float | None = None
    """None until a cycle has taught one."""

    @property
    def spread_days2(self) -> float:
        """Sum of squared distances of the readings' instants from their mean; 0 without readings."""
        return self.sum_xx - self.sum_x**2 / self.readings if self.readings else 0.0

    @property
    def slope_per_day(self) -> float | None:
        """Of the least-squares line through the readings; None where they do not tell one."""
        spread = self.spread_days2
        return (self.sum_xy - self.sum_x * self.sum_y / self.readings) / spread if spread > 0 else None


def start() -> Belief:
    """Of a container of which nobody ever heard."""
    return Belief()


def learn(belief: Belief, evidence: Evidence) -> Belief:
    """The belief after one more piece, which happened after all that is in it already."""
    return LEARN[evidence.kind](belief, evidence)


def _read(belief: Belief, evidence: Evidence) -> Belief:
    """One more point for the line."""
    emptied_at, epoch_at, readings, sum_x, sum_y, sum_xx, sum_xy, usual = belief
    at, y = evidence.happened_at, evidence.fill_ratio
    if y is None:
        return belief
    if epoch_at is None:
        epoch_at = at.astimezone(UTC)
    x = (at - epoch_at) / DAY
    return Belief(emptied_at, epoch_at, readings + 1, sum_x + x, sum_y + y, sum_xx + x * x, sum_xy + x * y, usual)


def _end_cycle(belief: Belief, evidence: Evidence) -> Belief:
    """The line of the cycle just ended joins the usual rate, and a new one begins."""
    at = evidence.happened_at.astimezone(UTC)
    return Belief(emptied_at=at, epoch_at=at, usual_fill_per_day=_usual_after(belief))


def _usual_after(belief: Belief) -> float | None:
    usual, slope, readings = belief.usual_fill_per_day, belief.slope_per_day, belief.readings
    teaches = readings >= LEARN_FROM_READINGS and belief.spread_days2 > LEARN_FROM_SPREAD_DAYS2 * readings
    if not teaches or slope is None or slope <= 0:
        return usual
    return slope if usual is None else (1 - NEWEST_CYCLE_SHARE) * usual + NEWEST_CYCLE_SHARE * slope


def _leave(belief: Belief, _: Evidence) -> Belief:
    """The account has it; this estimator makes nothing of it yet."""
    return belief


LEARN: Mapping[Kind, Callable[[Belief, Evidence], Belief]] = {
    "reading": _read,
    "emptied": _end_cycle,
    "seen": _leave,
    "weight": _leave,
    "report": _leave,
}


def written(belief: Belief) -> str:
    """As a JSON document, without loss: floats and instants come back as they were."""
    return to_json(belief._asdict()).decode()


def read_back(written: str) -> Belief:
    """What `written` wrote.

    Raises:
        KeyError, ValueError: another estimator did.
    """
    document = from_json(written)
    emptied_at, epoch_at = document["emptied_at"], document["epoch_at"]
    return Belief(
        datetime.fromisoformat(emptied_at) if emptied_at else None,
        datetime.fromisoformat(epoch_at) if epoch_at else None,
        document["readings"],
        document["sum_x"],
        document["sum_y"],
        document["sum_xx"],
        document["sum_xy"],
        document["usual_fill_per_day"],
    )
