"""What is learned of a container: each kind of evidence, and the same from the same however it came."""

from datetime import timedelta
from itertools import batched

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fill.belief import Belief, learn, read_back, start, written
from services.fill.evidence import Evidence, place_in_time
from services.fill.replay import Reached, from_nothing, replay
from tests.support.evidence import DAY, NOON, accounts, emptied, reading


def taught(*evidence: Evidence) -> Belief:
    belief = start()
    for piece in evidence:
        belief = learn(belief, piece)
    return belief


def cycle(days: float, rate: float, readings: int = 5, spacing_days: float = 0.25) -> list[Evidence]:
    """Readings of a container emptied at `days`, from a quarter of a day on."""
    return [reading(days + spacing_days * n, rate * spacing_days * n) for n in range(1, readings + 1)]


def test_readings_make_the_sums_of_a_line() -> None:
    """The forecast is a least-squares line from five numbers: a wrong one sends the truck on the wrong day."""
    belief = taught(reading(0, 0.25), reading(1, 0.5), reading(3, 0.75))
    # x = 0, 1, 3 days and y = 0.25, 0.5, 0.75: sum x 4, sum y 1.5, sum xx 1 + 9, sum xy 0.5 + 2.25
    assert (belief.epoch_at, belief.readings) == (NOON, 3)
    assert (belief.sum_x, belief.sum_y, belief.sum_xx, belief.sum_xy) == (4, 1.5, 10, 2.75)
    # spread 10 - 16/3 = 14/3; slope (2.75 - 4 * 1.5 / 3) / (14/3) = 0.75 / 4.667 = 0.1607
    assert belief.spread_days2 == pytest.approx(14 / 3)
    assert belief.slope_per_day == pytest.approx(0.75 * 3 / 14)


def test_emptying_begins_a_new_line_from_its_own_instant() -> None:
    """What was in the container before is gone; days count from when it was empty."""
    belief = taught(reading(0, 0.75), emptied(1), reading(1.5, 0.125))
    assert (belief.emptied_at, belief.epoch_at, belief.readings) == (NOON + DAY, NOON + DAY, 1)
    assert (belief.sum_x, belief.sum_y, belief.sum_xx, belief.sum_xy) == (0.5, 0.125, 0.25, 0.0625)


def test_first_cycle_teaches_the_usual_rate_and_later_ones_move_it() -> None:
    """0.4 of the newest, 0.6 of what was usual: 0.6 * 0.5 + 0.4 * 1.0 = 0.7."""
    first = [emptied(0, 1), *cycle(0, 0.5), emptied(2, 2)]
    assert taught(*first).usual_fill_per_day == pytest.approx(0.5)
    assert taught(*first, *cycle(2, 1.0), emptied(4, 3)).usual_fill_per_day == pytest.approx(0.7)


@pytest.mark.parametrize(
    "poor",
    [
        cycle(0, 0.5, readings=3),  # fewer than four
        cycle(0, 0.5, readings=4, spacing_days=0.05),  # variance 0.05^2 * 1.25 = 0.0031 days^2, below 0.005
        cycle(0, -0.5),  # falls: nobody confirmed an emptying
        [],
    ],
    ids=["few", "hours", "falling", "none"],
)
def test_poor_cycle_teaches_nothing(poor: list[Evidence]) -> None:
    """A slope of two hours, or of a sensor that drifts, would be believed for weeks."""
    assert taught(*poor, emptied(3)).usual_fill_per_day is None
    known = taught(emptied(-4, 1), *cycle(-4, 0.25), emptied(0, 2))
    assert known.usual_fill_per_day == pytest.approx(0.25)
    for piece in (*poor, emptied(3, 3)):
        known = learn(known, piece)
    assert known.usual_fill_per_day == pytest.approx(0.25)


def test_four_readings_over_a_few_hours_teach() -> None:
    """The other side of the threshold: 0.07^2 * 1.25 = 0.0061 days^2."""
    assert taught(*cycle(0, 0.5, readings=4, spacing_days=0.07), emptied(3)).usual_fill_per_day == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["seen", "weight", "report"])
def test_kinds_that_teach_nothing_yet_change_nothing(kind: str) -> None:
    """They are in the account for an estimator to come; this one must not trip over them."""
    belief = taught(emptied(0), reading(1, 0.5))
    piece = Evidence(kind, NOON + 2 * DAY, NOON + 2 * DAY, 0.75, 120.0, "not_full")  # type: ignore[arg-type]
    assert learn(belief, piece) == belief


def test_emptying_comes_after_what_was_read_at_the_same_instant() -> None:
    """The reading of that instant is of the cycle that ends: a full container's must not begin the new one."""
    same = [emptied(1), reading(1, 0.875)]
    first, last = sorted(same, key=place_in_time)
    assert (first.kind, last.kind) == ("reading", "emptied")


@given(accounts())
def test_belief_comes_back_from_its_document_as_it_was(account: list[Evidence]) -> None:
    """What is stored and read again must go on as if it had never been away, to the last bit."""
    belief = replay(from_nothing(), sorted(account, key=place_in_time))[0].belief
    assert read_back(written(belief)) == belief


@given(accounts(), st.integers(1, 20), st.integers(1, 7))
def test_any_batching_reaches_the_same_and_keeps_beliefs_to_go_on_from(
    account: list[Evidence], batch: int, keep_every: int
) -> None:
    """Folding by twos or by hundreds, from the beginning or from any belief that was kept, is one and the same."""
    ordered = sorted(account, key=place_in_time)
    whole, _ = replay(from_nothing(), ordered)
    reached: Reached = from_nothing()
    kept: list[Reached] = []
    for some in batched(ordered, batch):
        reached, more = replay(reached, some, keep_every=keep_every)
        kept += more
    assert reached[:3] == whole[:3]
    for base in kept:
        # A kept belief has all of its last instant: what is left happened later.
        later = [piece for piece in ordered if piece.happened_at > base.until_at]
        assert replay(base, later)[0][:3] == whole[:3]


def test_every_so_many_pieces_a_belief_is_kept() -> None:
    """What comes late costs no more than so many pieces; and one instant is never cut in two."""
    evidence = [reading(n, 0.25) for n in range(10)]
    _, kept = replay(from_nothing(), evidence, keep_every=4)
    # before the fifth and the ninth
    assert [base.until_at for base in kept] == [NOON + 3 * DAY, NOON + 7 * DAY]
    assert [base.belief.readings for base in kept] == [4, 8]
    at_once = [reading(0, 0.5), *(emptied(0, n) for n in range(1, 6)), reading(1, 0.25)]
    _, kept = replay(from_nothing(), at_once, keep_every=4)
    assert [base.until_at for base in kept] == [NOON]


def test_belief_knows_when_the_last_of_its_evidence_was_received() -> None:
    """By that it is told whether it is true as of an instant."""
    late = reading(1, 0.5)._replace(received_at=NOON + 5 * DAY)
    reached, _ = replay(from_nothing(), [reading(0, 0.25), late, reading(2, 0.75)])
    assert (reached.until_at, reached.known_at) == (NOON + 2 * DAY, NOON + 5 * DAY)
    assert reached.until_at - NOON == timedelta(days=2)
