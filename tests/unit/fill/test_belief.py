"""What is learned of a container: each kind of evidence, and the same from the same however it came."""

from datetime import timedelta
from itertools import batched

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fill.belief import Belief, hours_of, learn, read_back, start, written
from services.fill.evidence import Evidence, place_in_time
from services.fill.replay import Reached, from_nothing, replay
from services.fill.tallies import Days, Visits
from tests.support.evidence import DAY, NOON, accounts, emptied, reading, reported


def taught(*evidence: Evidence) -> Belief:
    belief = start()
    for piece in evidence:
        belief = learn(belief, piece)
    return belief


def filling(from_days: float, to_days: float, level: float, per_day: float, every_h: float = 3) -> list[Evidence]:
    """A sensor that speaks every so many hours of a container that fills evenly."""
    count = round((to_days - from_days) * 24 / every_h)
    return [reading(from_days + n * every_h / 24, level + per_day * n * every_h / 24) for n in range(count)]


def test_level_is_the_median_of_five_readings() -> None:
    """One echo off a bag is no level: 0.25, 0.25, 1.0, 0.375, 0.375 in order are .25 .25 .375 .375 1."""
    levels = [0.25, 0.25, 1.0, 0.375, 0.375]
    assert taught(*(reading(n / 8, level) for n, level in enumerate(levels))).level == 0.375


def test_confirmed_emptying_begins_anew_and_keeps_what_was_taken_out() -> None:
    """All that ever came in is the level and what was taken out: 0.75 before, 0.125 since, in half a day."""
    belief = taught(
        *(reading(n / 8, 0.75) for n in range(5)), emptied(1), *(reading(1.5 + n / 8, 0.125) for n in range(3))
    )
    assert (belief.emptied_at, belief.cycle_h) == (NOON + DAY, hours_of(NOON + DAY))
    assert (belief.level, belief.taken_out) == (0.125, 0.75)


def test_level_read_right_after_an_emptying_did_not_come_in() -> None:
    """A sensor that calls 0.125 empty, or what the crew left: not an eighth more waste with every emptying."""
    belief = taught(
        *(reading(n / 8, 0.75) for n in range(5)), emptied(1), *(reading(1.1 + n / 8, 0.125) for n in range(3))
    )
    assert belief.level + belief.taken_out == 0.75


def test_what_came_in_while_the_median_lagged_behind_is_taken_out_too() -> None:
    """0.25 a reading: 0.75 in the last two before the truck, though the median of all is 0.5."""
    belief = taught(*(reading(n / 8, level) for n, level in enumerate((0.0, 0.25, 0.5, 0.75, 0.75))), emptied(0.5))
    assert (belief.level, belief.taken_out) == (0.0, 0.75)


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize(("per_day", "every_h"), [(0.3, 1.0), (0.1, 1.0), (0.3, 4.0)])
def test_what_comes_in_around_an_emptying_is_counted(per_day: float, every_h: float, is_confirmed: bool) -> None:
    """Between the last reading and the truck, and until the next ones, nobody measures it: sixty days, 20 emptyings."""
    rng = np.random.default_rng(7)
    pieces, emptied_day, days = [], 0.0, 60
    for n in range(round(days * 24 / every_h)):
        at = n * every_h / 24
        while at - emptied_day >= 3.4:
            emptied_day += 3.0 + 9 / 24
            pieces += [emptied(emptied_day)] if is_confirmed else []
        pieces.append(reading(at, max(per_day * (at - emptied_day) + float(rng.normal(0, 0.01)), 0.0)))
    rises = Days([taught(*pieces).days]).rises
    assert np.nanmean(rises) == pytest.approx(per_day, rel=0.03)


def test_days_on_which_a_container_stands_full_say_nothing_of_its_pace() -> None:
    """Full after 3.3 days, of which two are whole and one is cut short; then a week of ones, and none of nothing."""
    pieces = [reading(n / 24, min(n / 24 * 0.3, 1.0)) for n in range(24 * 11)]
    rises = Days([taught(*pieces).days]).rises[0]
    known = rises[~np.isnan(rises)]
    assert len(known) == 2
    assert known == pytest.approx(0.3, abs=0.02)


def test_a_crew_is_believed_that_emptied_a_container_a_third_full() -> None:
    """0.3 before and 0.06 after: nobody would read that as still as full as before. At 0.25 it would be."""
    before = [reading(n / 24, 0.3) for n in range(24)]
    emptied_then = taught(*before, emptied(1), *(reading(1.1 + n / 24, 0.06) for n in range(3)))
    assert emptied_then.taken_out == pytest.approx(0.3 - 0.06, abs=0.01)
    not_then = taught(*before, emptied(1), *(reading(1.1 + n / 24, 0.25) for n in range(3)))
    assert not_then.taken_out == pytest.approx(0.0, abs=0.01)


def test_fall_that_nobody_confirmed_is_an_emptying() -> None:
    """The crew forgot its phone: three readings a quarter lower tell it all the same, from the last one before them."""
    belief = taught(*(reading(n / 8, 0.75) for n in range(5)), *(reading(1 + n / 8, 0.0) for n in range(3)))
    assert (belief.emptied_at, belief.cycle_h) == (None, hours_of(NOON + 0.5 * DAY))
    assert (belief.level, belief.taken_out) == (0.0, 0.75)
    assert Visits([belief.visits]).fills[0][-1] == pytest.approx(0.75, abs=0.005)


def test_echo_of_two_readings_is_no_emptying() -> None:
    """A bag that slides and is covered again ends no cycle."""
    belief = taught(*(reading(n / 8, 0.75) for n in range(5)), reading(1, 0.0), reading(1.1, 0.0), reading(1.2, 0.75))
    assert (belief.cycle_h, belief.level, belief.taken_out) == (None, 0.75, 0.0)


def test_each_day_leaves_a_mark_and_its_rise() -> None:
    """At 04:00 UTC: ten days of a twentieth a day are nine known rises of a twentieth, as fine as a hundredth."""
    belief = taught(*filling(0, 10, 0.0, 0.05))
    days = Days([belief.days])
    assert (~np.isnan(days.rises)).sum() == 9
    assert np.nansum(days.rises) == pytest.approx(9 * 0.05, abs=0.01)
    assert days.levels[0][-1] == pytest.approx(days.settled[0][-1], abs=0.02)


def test_rise_goes_on_over_an_emptying() -> None:
    """What comes in does not depend on when somebody takes it out."""
    belief = taught(*filling(0, 5, 0.0, 0.1), emptied(5), *filling(5.01, 10, 0.0, 0.1))
    rises = Days([belief.days]).rises[0]
    assert np.nanmean(rises) == pytest.approx(0.1, abs=0.02)


def test_level_seen_by_a_crew_that_passed_by_is_kept() -> None:
    """Where no sensor tells, it is the latest that anybody knows; an emptying ends it."""
    seen = Evidence("seen", NOON + 2 * DAY, NOON + 2 * DAY, 0.75, None, "blocked")
    belief = taught(emptied(0), seen)
    assert (belief.seen_h, belief.seen_level) == (hours_of(NOON + 2 * DAY), 0.75)
    assert learn(belief, emptied(3, 2)).seen_h is None


def test_residents_are_counted_until_a_crew_has_been_there() -> None:
    """Emptied or seen by a crew: what residents said before is settled. A report changes no level by itself."""
    belief = taught(emptied(0), reported(2, 2), reported(2.1, 3))
    assert (belief.reported, belief.level, belief.seen_h) == (2, 0.0, None)
    seen = Evidence("seen", NOON + 3 * DAY, NOON + 3 * DAY, 0.25, None, "not_full")
    assert learn(belief, seen).reported == 0
    assert learn(belief, emptied(3, 4)).reported == 0


def test_fall_that_nobody_confirmed_settles_what_residents_said() -> None:
    """Somebody has emptied it: three readings a quarter lower."""
    belief = taught(
        *(reading(n / 8, 0.75) for n in range(5)), reported(0.7), *(reading(1 + n / 8, 0) for n in range(3))
    )
    assert (belief.reported, belief.level) == (0, 0.0)


def test_report_without_a_level_says_nothing_of_the_fill() -> None:
    """Waste beside a container, or a broken lid."""
    dump = Evidence("report", NOON + DAY, NOON + DAY, None, None, "dump")
    assert taught(emptied(0), dump).reported == 0


def test_kilograms_alone_change_nothing() -> None:
    """Of a truck's own scale: they are in the account for an estimator to come; this one must not trip over it."""
    belief = taught(emptied(0), reading(1, 0.5))
    assert learn(belief, Evidence("weight", NOON + 2 * DAY, NOON + 2 * DAY, None, 120.0)) == belief


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


def test_document_of_another_estimator_is_refused() -> None:
    """Half a belief would forecast nonsense."""
    with pytest.raises(KeyError):
        read_back('{"emptied_at": null, "recent": [], "recent_h": [], "days": "", "visits": "", "sum_x": 1}')


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
    at_once = [reading(0, 0.5), *(emptied(0, n) for n in range(1, 6)), reading(1, 0.25)]
    _, kept = replay(from_nothing(), at_once, keep_every=4)
    assert [base.until_at for base in kept] == [NOON]


def test_belief_knows_when_the_last_of_its_evidence_was_received() -> None:
    """By that it is told whether it is true as of an instant."""
    late = reading(1, 0.5)._replace(received_at=NOON + 5 * DAY)
    reached, _ = replay(from_nothing(), [reading(0, 0.25), late, reading(2, 0.75)])
    assert (reached.until_at, reached.known_at) == (NOON + 2 * DAY, NOON + 5 * DAY)
    assert reached.until_at - NOON == timedelta(days=2)
