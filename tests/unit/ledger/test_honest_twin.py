"""The honest twin in short: what the ledger says, held against what a simulated town truly burnt."""

import pytest

from tests.benchmarks.honest_twin.cases import SCENARIOS, judge_all
from tests.benchmarks.honest_twin.report import summary_of

SEEDS, DAYS = 3, 7


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_ledger_says_what_was() -> None:
    """Within a point on the whole and two on the mean, the truth in nine intervals of ten, and no cheat that gains.

    Of 18 cases 85 % are 15.3: up to two intervals may miss.
    """
    cases = list(judge_all(SEEDS, DAYS))
    told = summary_of(cases)
    assert told["cases"] == SEEDS * len(SCENARIOS)
    assert abs(told["bias_pp"]) <= 1
    assert told["mae_pp"] <= 2
    assert told["interval_cover"] >= 0.85
    assert told["cheat_gain_pp"] <= 0
