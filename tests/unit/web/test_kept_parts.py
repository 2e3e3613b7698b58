"""Parts of pages that are kept, and plans: written or read once as long as nothing of them changes."""

from services.web.operator.kept_plans import MOST_PLANS, KeptPlans
from services.web.rendering.kept_parts import KeptParts
from tests.support.web_seed import make_plan


def writer(told: list[str], text: str):  # type: ignore[no-untyped-def]
    def write() -> str:
        told.append(text)
        return text

    return write


def test_part_is_written_once_and_holds_what_differs() -> None:
    """The same row of two plans: the address in it is each plan's own."""
    parts, told = KeptParts(), list[str]()
    assert parts.of(("row", 1), writer(told, "<a href='one'>"), "one") == "<a href='one'>"
    assert parts.of(("row", 1), writer(told, "<a href='two'>"), "two") == "<a href='two'>"
    assert told == ["<a href='one'>"]


def test_part_whose_key_is_another_is_written_anew() -> None:
    parts, told = KeptParts(), list[str]()
    parts.of(("row", 1), writer(told, "due"), "-")
    assert parts.of(("row", 2), writer(told, "low"), "-") == "low"
    assert told == ["due", "low"]


def test_parts_take_no_more_than_they_may() -> None:
    """Room for ten letters: two parts of four fit, the third puts out the one that was used longest ago."""
    parts, told = KeptParts(most_bytes=10), list[str]()
    parts.of(1, writer(told, "aaaa"), "-")
    parts.of(2, writer(told, "bbbb"), "-")
    parts.of(1, writer(told, "aaaa"), "-")
    parts.of(3, writer(told, "cccc"), "-")
    assert told == ["aaaa", "bbbb", "cccc"]
    parts.of(1, writer(told, "aaaa"), "-")
    parts.of(2, writer(told, "bbbb"), "-")
    assert told == ["aaaa", "bbbb", "cccc", "bbbb"]


def test_plan_is_read_again_when_its_row_is_another() -> None:
    plans, plan = KeptPlans(), make_plan()
    read = list[str]()

    def reads(version: str):  # type: ignore[no-untyped-def]
        return lambda: read.append(version) or plan

    for version in ("1", "1", "2"):
        assert plans.of(("store", version), reads(version)) is plan
    assert read == ["1", "2"]


def test_plans_used_longest_ago_go_first() -> None:
    plans, plan = KeptPlans(), make_plan()
    read = list[int]()
    for n in (*range(MOST_PLANS + 1), 1, 0):
        plans.of((str(n),), lambda n=n: read.append(n) or plan)  # type: ignore[misc]
    assert read == [*range(MOST_PLANS + 1), 0]
