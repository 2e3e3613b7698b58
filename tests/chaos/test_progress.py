"""What a run says of itself while it runs."""

import time

import pytest

from tests.chaos.progress import FIRST_GUESS_S, Progress
from tests.chaos.schedule import Blow, Strike
from tests.chaos.timeline import Timeline

STRIKES = (
    Strike(2.0, (Blow("hold_kafka", 0.0, 20.0), Blow("late", 5.0, 0.0))),
    Strike(1.0, (Blow("kill_web", 0.0, 1.5), Blow("hold_mqtt", 4.0, 20.0))),
)


def test_time_left_is_that_of_the_schedule_and_of_recoveries_like_those_so_far() -> None:
    """Who waits wants to know for how long; 2 + 20 and 1 + 24 seconds of strikes, each with its recovery."""
    progress = Progress(STRIKES, messages=1000, rate_per_s=100)
    assert progress.left_s(0) == pytest.approx(22 + 25 + 2 * FIRST_GUESS_S)
    progress.recovered(7.0)
    assert (progress.number, progress.left_s(0)) == ("2/2", pytest.approx(25 + 7))
    assert progress.left(0) == "strikes left: 1, about 32 s"


def test_time_left_is_at_least_that_of_the_messages() -> None:
    """After the last strike the sensors go on until enough is acknowledged: 60,000 left at 100/s are ten minutes."""
    progress = Progress((), messages=61_000, rate_per_s=100)
    assert progress.left(1000) == "strikes left: 0, about 10 min"
    assert progress.left_s(61_500) == 0


def test_long_wait_says_what_it_waits_for_and_a_short_one_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Three minutes without a word look like a run that hangs."""
    timeline = Timeline()
    with timeline.waiting(lambda: "still waiting", every_s=0.05):
        time.sleep(0.3)
    with timeline.waiting(lambda: "never said", every_s=5):
        pass
    told = capsys.readouterr().out
    assert told.count("still waiting") >= 2
    assert "never said" not in told
