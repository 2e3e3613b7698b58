"""Money as the search counts it, in a unit of its own, so that its small thresholds fit and no sum loses digits.

A duty costs some tens, thousands or millions where money is usual. Where it is counted in a currency of very small or
very large units, all prices are multiplied by a power of two, which changes no digit. Prizes are whole multiples of a
fraction so small that all of them together have at most 52 binary digits: then adding and taking away any of them, in
any order, is exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

type Money = NDArray[np.float64]

LEAST_GAIN = 1e-6  # units: what costs less is a difference of rounding
USUAL_LEAST, USUAL_MOST = 0.1, 1e8  # money of a duty
DIGITS = 52
MOST_EXACT = 1e12  # units of all prizes together up to which a unit keeps the digits thresholds ask for
DOMINANT = 2.0  # times all that lies below, together


def unit_of(duties: Money) -> float:
    """Units in one of money, by what duties for one stop alone cost: a power of two, 1 where money is usual."""
    known = duties[np.isfinite(duties)]
    typical = float(np.median(known)) if len(known) else 0.0
    if typical == 0 or USUAL_LEAST <= typical <= USUAL_MOST:
        return 1.0
    wanted = USUAL_MOST if typical > USUAL_MOST else USUAL_LEAST
    exponent = math.floor(math.log2(wanted) - math.log2(typical))
    return 2.0 ** (exponent if typical > USUAL_MOST else exponent + 1)


def exact_prizes(prizes: Money, rest: float) -> Money:
    """Prizes in units that sum without loss; `rest` bounds what everything else of a plan can cost.

    Where they are too large for that, a prize that exceeds everything below it together is lowered until it just does,
    and all above it by the same factor: leaving that stop is still worse than anything cheaper could make up for.
    """
    total = float(prizes.sum())
    if total > MOST_EXACT:
        prizes = _brought_together(prizes, rest)
        total = float(prizes.sum())
    if total == 0:
        return prizes
    grain = 2.0 ** (math.ceil(math.log2(total)) - DIGITS)
    exact: Money = np.rint(prizes / grain) * grain
    return exact


def _brought_together(prizes: Money, rest: float) -> Money:
    lowered, factor, below = np.zeros_like(prizes), 1.0, max(rest, 1.0)
    for number in np.argsort(prizes, kind="stable"):
        prize = float(prizes[number]) * factor
        if prize > DOMINANT * below:
            factor *= DOMINANT * below / prize
            prize = DOMINANT * below
        lowered[number] = prize
        below += prize
    return lowered
