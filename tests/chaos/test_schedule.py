"""What strikes when is a function of the seed, and every kind of fault comes."""

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.schedule import FULL, KINDS, SHORT, Pace, can_meet, make_schedule

PACES = pytest.mark.parametrize("pace", [FULL, SHORT], ids=["full", "short"])
SEEDS = range(200)


@PACES
def test_same_seed_is_the_same_run(pace: Pace) -> None:
    """A failure is told by its seed: the same seed must strike the same."""
    assert make_schedule(7, pace) == make_schedule(7, pace)
    assert make_schedule(7, pace) != make_schedule(8, pace)


@PACES
def test_every_kind_comes_whatever_the_seed(pace: Pace) -> None:
    """No seed may leave out a kind of fault: a run that is green has survived all of them."""
    for seed in SEEDS:
        assert {blow.kind for strike in make_schedule(seed, pace) for blow in strike.blows} == set(KINDS)


def test_full_run_has_every_kind_alone_and_pairs_beside() -> None:
    """Alone, a failure names its cause; in pairs, what one hides from the other comes out."""
    strikes = make_schedule(3, FULL)
    assert sorted(strike.name for strike in strikes if len(strike.blows) == 1) == sorted(KINDS)
    assert sum(len(strike.blows) == 2 for strike in strikes) == FULL.pairs


def test_short_run_strikes_two_at_a_time() -> None:
    """24 kinds in 12 strikes: the short run must fit into everybody's test run."""
    assert len(KINDS) == 24
    for seed in SEEDS:
        assert 12 <= len(make_schedule(seed, SHORT)) <= 14


@PACES
def test_what_stands_in_each_others_way_never_meets(pace: Pace) -> None:
    """A process that is killed cannot be held: such a pair would prove nothing, or hang."""
    assert not can_meet("kill_kafka", "hold_kafka")
    assert not can_meet("disk_full", "kill_postgres")
    assert can_meet("kill_kafka", "hold_postgres")
    for seed in SEEDS:
        for strike in make_schedule(seed, pace):
            kinds = [blow.kind for blow in strike.blows]
            assert len(kinds) == 1 or can_meet(*kinds)


@PACES
def test_what_lasts_lasts_as_long_as_the_pace_says(pace: Pace) -> None:
    """20 s in a full run, and never so short in the other that nobody notices."""
    lengths = {blow.length_s for s in make_schedule(1, pace) for blow in s.blows if blow.kind.startswith("hold_")}
    assert lengths == {pace.hold_s}
    assert FULL.hold_s == 20
    assert SHORT.hold_s >= 5


def test_kinds_that_cannot_run_here_are_left_out_and_the_others_stay() -> None:
    """On a stack that cannot take a fault, the rest of the run is worth having."""
    kinds = [kind for kind in KINDS if kind != "disk_full"]
    assert {blow.kind for strike in make_schedule(1, SHORT, kinds) for blow in strike.blows} == set(kinds)


def test_every_kind_has_its_fault() -> None:
    """The table and the schedule speak of the same things."""
    assert set(FAULTS) == set(KINDS)
