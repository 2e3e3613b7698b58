"""ASHRAE Guideline 14's tests of a truck's fuel model: how well it fits, how biased it is, how sure a saving is by it.

With n litres observed and modelled, p parameters of the model and the mean observed litres y:

    CV(RMSE) = sqrt(sum((observed - modelled)^2) / (n - p)) / y
    NMBE     = sum(observed - modelled) / ((n - p) y)
    U        = t 1.26 CV(RMSE) sqrt(n / n' (1 + 2 / n') / m) / F

U is the saving's uncertainty as a share of the saving F (itself a share of the baseline's litres) over m points, t
Student's for n - p degrees of freedom, n' = n (1 - r) / (1 + r) the points that are independent of each other, r the
correlation of each residual with the next. Read on secondary pages and in the source of OpenDSM, not in the guideline,
which is sold.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.special import stdtrit

MOST_CV_DAY, MOST_CV_MONTH, MOST_NMBE_DAY, MOST_NMBE_MONTH = 0.30, 0.15, 0.10, 0.05
MOST_UNCERTAIN, CONFIDENCE = 0.5, 0.68
"""A saving's uncertainty is below half of it, at 68 % confidence."""
APPROXIMATION = 1.26
"""Of the formula for any model: it stands for the matrix algebra of the exact one (Reddy and Claridge 2000)."""

type Array = NDArray[np.float64]
type Points = Literal["day", "month"]
"""Whose limits hold: those of daily data, or of monthly."""


class FitTest(BaseModel):
    """A series of litres, observed against modelled."""

    model_config = ConfigDict(frozen=True)

    limits: Points
    points: int
    parameters: int
    independent_points: float
    """At most `points`: residuals that swing about are no further evidence."""
    cv_rmse: float
    nmbe: float
    """Above 0 where more was burnt than modelled."""

    @property
    def most_cv_rmse(self) -> float:
        return MOST_CV_DAY if self.limits == "day" else MOST_CV_MONTH

    @property
    def most_nmbe(self) -> float:
        return MOST_NMBE_DAY if self.limits == "day" else MOST_NMBE_MONTH

    @property
    def is_close(self) -> bool:
        return self.cv_rmse <= self.most_cv_rmse

    @property
    def is_unbiased(self) -> bool:
        return abs(self.nmbe) <= self.most_nmbe

    @property
    def passes(self) -> bool:
        return self.is_close and self.is_unbiased

    def savings_uncertainty(self, points: float, saved_ratio: float) -> float | None:
        """U, as a share of the saving at 68 % confidence; None of no saving.

        Args:
            points: m, of the same kind as those that were tested, in the period of the saving.
            saved_ratio: F, the saving as a share of the baseline's litres; a loss is as uncertain as a saving.
        """
        if not saved_ratio or points <= 0:
            return None
        n, free = self.points, self.independent_points
        t = float(stdtrit(n - self.parameters, (1 + CONFIDENCE) / 2))
        return t * APPROXIMATION * self.cv_rmse * sqrt(n / free * (1 + 2 / free) / points) / abs(saved_ratio)


def fit_test(
    observed: Sequence[float] | Array, residuals: Sequence[float] | Array, *, parameters: int, limits: Points
) -> FitTest | None:
    """Test a series in the order of time; None where it has no more points than parameters, or nothing was burnt.

    Args:
        observed: (n,) litres.
        residuals: (n,) observed less modelled.
        parameters: p.
        limits: those of daily or of monthly data.
    """
    y, off = np.asarray(observed, dtype=np.float64), np.asarray(residuals, dtype=np.float64)
    degrees = len(y) - parameters
    if degrees < 1 or not y.sum() > 0:
        return None
    return FitTest(
        limits=limits,
        points=len(y),
        parameters=parameters,
        independent_points=round(_independent(off), 3),
        cv_rmse=round(float(np.sqrt(np.sum(off**2) / degrees) / y.mean()), 4),
        nmbe=round(float(off.sum() / degrees / y.mean()), 4),
    )


def _independent(residuals: Array) -> float:
    """Points as the formula counts them, by the correlation of each residual with the next; at least one."""
    count = len(residuals)
    before, after = residuals[:-1], residuals[1:]
    if count < 3 or not before.std() or not after.std():
        return float(count)
    r = float(np.corrcoef(before, after)[0, 1])
    return float(min(count, max(1.0, count * (1 - r) / (1 + r)))) if r > 0 else float(count)
