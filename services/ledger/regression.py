"""The adapter of the robust regression: scipy's `least_squares` with a loss that outliers cannot pull."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

type Array = NDArray[np.float64]
type Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Fit:
    coefficients: Array
    covariance: Array
    """(k, k) of the coefficients, by the curvature at the optimum."""
    residuals: Array
    """(n,) observed less predicted."""


def fit_near(amounts: Array, observed: Array, *, spread: Array, near: Array, near_spread: Array) -> Fit:
    """Coefficients, none below 0, that explain `observed` by `amounts`, held near what was thought before.

    The loss is 2 (sqrt(1 + z) - 1) of the squared residual z: quadratic below one standard deviation, linear far
    beyond.

    Args:
        amounts: (n, k).
        observed: (n,).
        spread: (n,) standard deviation of each observation.
        near: (k,) coefficients as they were thought to be.
        near_spread: (k,) standard deviation of that thought, above 0.
    """

    def off(coefficients: Vector) -> Vector:
        return np.concatenate([(amounts @ coefficients - observed) / spread, (coefficients - near) / near_spread])

    found = least_squares(off, near, bounds=(0.0, np.inf), loss="soft_l1", x_scale=near_spread)
    residuals = observed - amounts @ found.x
    # Weighted as the loss weighs: an outlier tells little, of the coefficients as of their covariance.
    z = np.abs(off(found.x))
    weight = 1 / np.sqrt(1 + z**2)
    jacobian = np.vstack([amounts / spread[:, None], np.diag(1 / near_spread)]) * np.sqrt(weight)[:, None]
    information = jacobian.T @ jacobian
    told = max(1.0, float(np.average((residuals / spread) ** 2, weights=weight[: len(observed)])))
    return Fit(np.asarray(found.x), np.linalg.inv(information) * told, residuals)
