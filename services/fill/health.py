"""Whether a sensor can be believed at an instant, and if not, why: from the belief alone."""

from typing import Literal, NamedTuple

from services.fill import tallies
from services.fill.belief import Belief, days_until

Fault = Literal["silent", "jumping", "stuck", "drifting"]
"""Said nothing; says now this and now that; says the same though waste must have come; says that waste leaves."""

SILENT_H = 48.0
"""After so long a level is no news any more; sensors speak once a day at the least."""
STUCK_H, STUCK_RISE = 48.0, 0.3
"""The same to the last digit for two days, in which a third of the volume should have come in."""
FULL_LEVEL = 0.95
"""A sensor that says so is right to stay there."""
DRIFT_DAYS, DRIFT_RISE = 14, -0.15
"""In two weeks less came in than nothing: waste settles by some percent, it does not leave."""


class Health(NamedTuple):
    """Of a sensor."""

    fault: Fault | None
    since_h: float | None
    """From when on its readings are not believed; None where that is not known."""


SOUND = Health(None, None)


def health_of(belief: Belief, now_h: float) -> Health | None:
    """What is wrong with a container's sensor at an hour since `EPOCH`; None where it has never had one that spoke."""
    if belief.read_h is None:
        return None
    if now_h - belief.read_h > SILENT_H:
        return Health("silent", belief.read_h)
    if belief.jumpy:
        return Health("jumping", None)
    days = days_until(belief, now_h)[2]
    if _is_stuck(belief, days):
        return Health("stuck", belief.same_since_h)
    lately = _known(days[-DRIFT_DAYS * tallies.DAY_BYTES :])
    if len(lately) >= DRIFT_DAYS // 2 and sum(lately) < DRIFT_RISE:
        return Health("drifting", now_h - 24 * DRIFT_DAYS)
    return SOUND


def _is_stuck(belief: Belief, days: bytes) -> bool:
    if belief.same_since_h is None or belief.read_h is None or belief.level >= FULL_LEVEL:
        return False
    same_h = belief.read_h - belief.same_since_h
    if same_h < STUCK_H:
        return False
    before = _known(days[: -(int(same_h // 24) + 1) * tallies.DAY_BYTES])
    return bool(before) and sum(before) / len(before) * same_h / 24 > STUCK_RISE


def _known(days: bytes) -> list[float]:
    return [rise for rise in tallies.rises_of(days) if rise is not None]
