"""Emptyings by week, as a line of any day would have known them."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from services.ledger.emptyings import Emptyings

LAST = date(2026, 3, 8)
HEARD = datetime(2026, 3, 8, 20, tzinfo=UTC)


def emptyings(*words: tuple[str, int, float]) -> Emptyings:
    """Container, days before the last, and when the word came."""
    names = sorted({name for name, _, _ in words})
    return Emptyings(
        LAST, names, np.array([names.index(name) for name, _, _ in words], dtype=np.int64),
        np.array([days for _, days, _ in words], dtype=np.int64), np.array([heard for _, _, heard in words]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days_earlier", "counts"),
    [(0, {0: 1, 1: 2}), (1, {0: 1, 1: 1, 51: 1}), (2, {0: 2, 51: 1})],
    ids=["of the last day", "of the day before: what comes on the last day is not yet there", "and one more back"],
)
def test_weeks_are_counted_back_from_the_day(days_earlier: int, counts: dict[int, int]) -> None:
    """On the last day, 7 and 8 days before it, and 364: from the last day a day too old to be looked at."""
    known = emptyings(*(("A", days, -np.inf) for days in (0, 7, 8, 364)))
    day = date.fromordinal(LAST.toordinal() - days_earlier)
    weeks = known.weeks(day, HEARD)["A"]
    assert {week: int(weeks[week]) for week in np.flatnonzero(weeks)} == counts
    assert len(weeks) == 52


def test_a_word_counts_from_the_instant_at_which_it_had_come() -> None:
    """To the instant itself."""
    known = emptyings(("A", 0, -np.inf), ("A", 1, HEARD.timestamp()))
    times = [int(known.weeks(LAST, at)["A"][0]) for at in (HEARD.replace(microsecond=1), HEARD)]
    assert times == [2, 2]
    assert known.weeks(LAST, HEARD.replace(hour=19))["A"][0] == 1


def test_each_container_has_its_own() -> None:
    weeks = emptyings(("A", 0, -np.inf), ("B", 3, -np.inf), ("B", 3, -np.inf)).weeks(LAST, HEARD)
    assert {name: int(counts[0]) for name, counts in weeks.items()} == {"A": 1, "B": 2}
