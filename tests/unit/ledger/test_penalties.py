"""Penalties: units after the grace, the month's grace and cap, in whole cents."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.city.penalties import Penalty
from services.ledger.breaches import Breach, Proof
from services.ledger.penalties import PenaltyLine, penalty_lines, units_of

FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)


def breach(number: int = 0, event: Any = "circuit_late", measure: float = 90, containers: int = 4) -> Breach:
    at = FIRST + timedelta(hours=number)
    return Breach(event, "lot-1", at.date(), at, measure, containers, Proof(), at, truck=f"T-{number}")


def priced(penalty: Penalty, breaches: Sequence[Breach]) -> list[PenaltyLine]:
    return penalty_lines("ville", [(each, penalty) for each in breaches])


def total_of(lines: Sequence[PenaltyLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


@pytest.mark.parametrize(
    ("event", "unit", "grace", "measure", "units"),
    [
        ("circuit_late", "event", 60, 60, 0),  # to the minute of its grace nothing is due
        ("circuit_late", "event", 60, 61, 1),
        ("circuit_late", "hour", 60, 120, 1),
        ("circuit_late", "hour", 60, 121, 2),  # the second hour has begun
        ("container_overflowing", "hour", 24, 27.5, 4),
        ("container_overflowing", "day", 24, 48, 1),
        ("container_overflowing", "day", 24, 48.1, 2),
        ("stops_missed", "container", 2, 5, 3),
        ("stops_missed", "event", 2, 5, 1),
        ("stops_missed", "container", 2, 2, 0),
        ("circuit_not_done", "container", 0, 1, 4),  # every container that it was asked for
        ("circuit_not_done", "event", 0, 1, 1),
    ],
)
def test_units_are_counted_after_the_grace(event: Any, unit: Any, grace: float, measure: float, units: int) -> None:
    penalty = Penalty(code="P", event=event, unit=unit, amount=1, grace=grace)
    assert units_of(breach(event=event, measure=measure), penalty) == units


def test_grace_of_a_month_forgives_the_first_and_they_are_shown() -> None:
    """Two forgiven, the third and fourth 20,000 each."""
    penalty = Penalty(code="P4", event="tracking_missing", amount=20_000, grace=2)
    lines = priced(penalty, [breach(n, "tracking_missing", 1) for n in (3, 1, 0, 2)])
    assert [line.breach.truck for line in lines] == ["T-0", "T-1", "T-2", "T-3"]
    assert [(line.is_forgiven, line.amount) for line in lines] == [
        (True, 0), (True, 0), (False, 20_000), (False, 20_000),
    ]  # fmt: skip


def test_cap_cuts_the_line_that_passes_it_and_those_after_it() -> None:
    """10,000 an hour, two hours each: 20,000, then 5,000 of 20,000, then nothing."""
    penalty = Penalty(code="P2", event="circuit_late", unit="hour", amount=10_000, cap=25_000)
    lines = priced(penalty, [breach(n) for n in range(3)])
    assert [(line.amount, line.is_capped) for line in lines] == [(20_000, False), (5_000, True), (0, True)]


def test_cents_add_up_exactly() -> None:
    """Three times 0.10 is 0.30: in binary fractions it is not."""
    penalty = Penalty(code="P2", event="circuit_late", amount=0.1)
    assert total_of(priced(penalty, [breach(n) for n in range(3)])) == Decimal("0.30")


def test_line_is_the_same_however_often_it_is_computed() -> None:
    """An answer names it: it must not lose its breach because another one came to light."""
    penalty = Penalty(code="P2", event="circuit_late", amount=10)
    (alone,) = priced(penalty, [breach(1)])
    assert alone.id in {line.id for line in priced(penalty, [breach(0), breach(1)])}
    assert alone.id != priced(Penalty(code="P9", event="circuit_late", amount=10), [breach(1)])[0].id


def test_contract_that_changed_within_the_month_measures_each_breach_by_its_own_day() -> None:
    """The cap of the second row counts what was charged by the first: 30,000 of 35,000 are gone."""
    old = Penalty(code="P2", event="circuit_late", amount=30_000)
    new = Penalty(code="P2", event="circuit_late", amount=10_000, cap=35_000)
    lines = penalty_lines("ville", [(breach(0), old), (breach(1), new)])
    assert [line.amount for line in lines] == [30_000, 5_000]


measures = st.lists(st.floats(0, 10_000, allow_nan=False), max_size=25)
money = st.integers(0, 10**9).map(lambda cents: cents / 100)


@given(measures=measures, amount=money, grace=st.floats(0, 1000), above=money)
def test_month_never_passes_its_cap_and_more_breaches_never_cost_less(
    measures: list[float], amount: float, grace: float, above: float
) -> None:
    """Whatever happens, in whatever order it is told."""
    cap = round(amount + above, 2)
    penalty = Penalty(code="P", event="circuit_late", unit="hour", amount=amount, grace=grace, cap=cap)
    breaches = [breach(n, measure=measure) for n, measure in enumerate(measures)]
    totals = [total_of(priced(penalty, breaches[:n])) for n in range(len(breaches) + 1)]
    assert totals == sorted(totals)
    assert totals[-1] <= Decimal(repr(cap)).quantize(Decimal("0.01"))
    assert priced(penalty, breaches) == priced(penalty, breaches[::-1])


@given(measures=measures, amount=money, grace=st.floats(0, 1000), more=st.floats(0, 1000))
def test_more_grace_never_costs_more(measures: list[float], amount: float, grace: float, more: float) -> None:
    """And what stays within the grace is no line at all."""
    breaches = [breach(n, measure=measure) for n, measure in enumerate(measures)]

    def lines(forgiven: float) -> list[PenaltyLine]:
        return priced(Penalty(code="P", event="circuit_late", unit="hour", amount=amount, grace=forgiven), breaches)

    assert all(line.breach.measure > grace for line in lines(grace))
    assert total_of(lines(grace + more)) <= total_of(lines(grace))


@given(times=st.integers(0, 30), grace=st.integers(0, 30))
def test_month_grace_forgives_exactly_so_many(times: int, grace: int) -> None:
    penalty = Penalty(code="P", event="circuit_not_done", amount=7, grace=grace)
    lines = priced(penalty, [breach(n, "circuit_not_done", 1) for n in range(times)])
    assert sum(line.is_forgiven for line in lines) == min(times, grace)
    assert total_of(lines) == 7 * max(0, times - grace)
