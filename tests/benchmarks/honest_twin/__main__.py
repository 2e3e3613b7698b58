"""`make twin`: what the ledger says, held against what was. Prints a line a case and ends with one of JSON."""

import argparse
import json
import os

from tests.benchmarks.honest_twin.cases import judge_all
from tests.benchmarks.honest_twin.report import summary_of


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(prog="make twin", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    cases = []
    for case in judge_all(asked.seeds, asked.days, asked.cores):
        cases.append(case)
        said = case.said
        print(
            f"seed {case.seed:2d} {case.scenario:<9} true {case.true_l:7.1f} L of {case.true_before_l:7.1f} L, "
            f"said {case.said_l:7.1f} (90 %: {said.fuel_l.low + said.not_counted_l:.1f} to "
            f"{said.fuel_l.high + said.not_counted_l:.1f}{'' if case.is_covered else ', MISSED'}), "
            f"counted {said.fuel_l.value:7.1f}, off by {case.error_pp:+.2f} points; {' '.join(said.provisional)}",
            flush=True,
        )
    print(json.dumps(summary_of(cases)))


if __name__ == "__main__":
    main()
