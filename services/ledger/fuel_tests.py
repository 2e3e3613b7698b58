"""Each truck's fuel model held against ASHRAE Guideline 14, with a period's saving: pass, fail, or not tested yet."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.contracts.ledger import SavingsComputed
from services.ledger.ashrae import MOST_UNCERTAIN, FitTest
from services.ledger.calibration import Calibration, TruckCalibration, Verdict


@dataclass(frozen=True)
class TruckTests:
    """One truck's. `uncertainty` is of the saving, at 68 % confidence, by this truck's model; None of no saving."""

    truck: str
    verdict: Verdict
    fillings: int
    days: int
    tests: tuple[FitTest, ...]
    uncertainty: float | None

    @property
    def is_sure(self) -> bool | None:
        return None if self.uncertainty is None else self.uncertainty < MOST_UNCERTAIN

    @property
    def passes(self) -> bool | None:
        """All tests; None where its litres are too few to test anything, so that its class's coefficients count."""
        if not self.tests:
            return None
        return all(test.passes for test in self.tests) and self.is_sure is not False


def tests_of(
    calibration: Calibration, lines: Iterable[SavingsComputed], saved_ratio: float | None
) -> tuple[TruckTests, ...]:
    """By truck.

    A truck has no saving of its own, since its containers may be another's by now: its model is held against the
    saving of the whole, as if its kilometres were all of it.

    Args:
        calibration: whose coefficients count.
        lines: of the period.
        saved_ratio: of the period, litres saved as a share of the baseline's; None where nothing is compared.
    """
    worked: dict[str, set[date]] = defaultdict(set)
    for line in lines:
        for work in line.works:
            if work.haul_m + work.collect_m > 0:
                worked[work.truck].add(line.day)
    return tuple(_tests_of(row, len(worked[row.truck]), saved_ratio) for row in calibration.trucks)


def _tests_of(row: TruckCalibration, days: int, saved_ratio: float | None) -> TruckTests:
    uncertainty = None
    if row.tests and saved_ratio:
        # The days of the period as so many fillings as the tested ones would have been.
        uncertainty = row.tests[0].savings_uncertainty(days * row.fillings / row.days, saved_ratio)
    return TruckTests(row.truck, row.verdict, row.fillings, row.days, row.tests, uncertainty)
