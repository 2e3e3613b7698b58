"""The benchmark's sums: what counts, against whom, and what stays out."""

from __future__ import annotations

import json

from routing.bench.benchmark import Result
from routing.bench.judge import Judged
from routing.bench.report import document, rules_cost, summed, table


def result(case: str, entrant: str, cost: float, *, valid: bool = True, missed: int = 0, group: str = "g") -> Result:
    judged = Judged(valid, cost, 10.0, missed, 2, 3, 9, 5.0, () if valid else ("late",))
    return Result(case, "made", group, 1, entrant, judged, 2.0, 0.5, 100.0)


def test_ratio_pairs_problems_and_leaves_invalid_plans_out() -> None:
    """Protects the headline figure: 90/100 and 110/100 make 1.0, worst 1.1; the third has no valid plan of ours."""
    results = [
        *(result(case, "pyvrp", 100) for case in "abc"),
        result("a", "ours", 90),
        result("b", "ours", 110),
        result("c", "ours", 1, valid=False, missed=2),
    ]
    row = next(row for row in summed(results) if row["entrant"] == "ours")
    assert row["ratio"]["pyvrp"] == {"mean": 1.0, "median": 1.0, "worst": 1.1, "pairs": 2}
    assert row["valid"] == "2 of 3"
    assert row["missed_required"] == 2
    assert row["cost_mean"] == 100


def test_gap_is_measured_against_the_best_known() -> None:
    """Protects CVRPLIB's figure: 1,010 against 1,000 is 1 %."""
    from dataclasses import replace

    row = summed([replace(result("x", "ours", 1010), best_known=1000.0)])[0]
    assert row["gap_mean_pct"] == 1.0


def test_price_of_the_further_rules_leaves_the_break_pay_aside() -> None:
    """Protects goal 'as good as without': (212 - 10 of break) against 200 is 1.01."""
    from dataclasses import replace

    results = [result("a", "ours", 200), replace(result("a-full", "ours", 212, group="full"), plain_twin="a")]
    assert rules_cost(results) == [{"group": "full", "entrant": "ours", "mean": 1.01, "worst": 1.01}]


def test_who_does_not_take_part_has_no_line() -> None:
    """Protects the table: a peer that cannot say the problem is not shown as one that failed."""
    refused = Result("a", "made", "g", 1, "vroom", None, None, None, 9.0, refused="knows no trips")
    report = document([result("a", "ours", 5), refused], seconds=2)
    assert [row["entrant"] for row in report["summary"]] == ["ours"]
    assert "vroom" not in table(report)
    json.dumps(report)
