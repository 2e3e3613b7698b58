"""What a crew has left to do whose truck is in the plan in force no more."""

from services.web.driver.called_off import has_load, visits_left
from services.web.figures.outcomes import Said

VISITS = [("depot", "d"), ("stop", "a"), ("stop", "b"), ("disposal", "site"), ("stop", "c"), ("disposal", "site"),
          ("depot", "d")]  # fmt: skip
A, B, C = (Said("stop", place, "done") for place in "abc")
UNLOADED = Said("disposal", "site", "done")


def test_truck_carries_what_it_emptied_since_it_unloaded() -> None:
    """Skipping takes nothing aboard; unloading leaves nothing."""
    assert not has_load([])
    assert not has_load([Said("stop", "a", "skipped")])
    assert has_load([A])
    assert not has_load([A, UNLOADED])
    assert has_load([A, UNLOADED, C])
    assert has_load([A, Said("disposal", "site", "skipped")])


def test_crew_in_the_yard_has_nothing_to_do() -> None:
    assert visits_left(VISITS, {}, has_load=False) == (0, 6)


def test_loaded_crew_unloads_once_and_comes_home() -> None:
    """Of two unloadings the one that is next; after it the list is the same, so the phone's places in it hold."""
    assert visits_left(VISITS, {1: "done", 2: "skipped"}, has_load=True) == (0, 1, 2, 3, 6)
    assert visits_left(VISITS, {1: "done", 2: "skipped", 3: "done"}, has_load=False) == (0, 1, 2, 3, 6)
    assert visits_left(VISITS, {1: "done", 2: "done", 3: "done", 4: "done"}, has_load=True) == (0, 1, 2, 3, 4, 5, 6)
