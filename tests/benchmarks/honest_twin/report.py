"""The sums over all cases."""

from collections.abc import Sequence

import numpy as np

from tests.benchmarks.honest_twin.cases import Judged


def summary_of(cases: Sequence[Judged]) -> dict[str, float]:
    """Bias and mean absolute error in percentage points, and the share of intervals that hold the truth.

    `cheat_gain_pp` is the most that a cheat gained over the same seed without cheating; below 0, all of them lost.
    """
    errors = np.array([case.error_pp for case in cases])
    honest = {case.seed: case.counted_pp for case in cases if case.scenario == "plain"}
    gains = [case.counted_pp - honest[case.seed] for case in cases if case.scenario == "cheat"]
    return {
        "cases": len(cases),
        "bias_pp": round(float(errors.mean()), 3),
        "mae_pp": round(float(np.abs(errors).mean()), 3),
        "interval_cover": round(float(np.mean([case.is_covered for case in cases])), 3),
        "cheat_gain_pp": round(max(gains), 3),
    }
