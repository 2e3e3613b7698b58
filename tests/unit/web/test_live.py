"""What pages are told of a day: once the whole, then what changed, and after a lost line what they missed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from pydantic_core import from_json

from services.errors import StoreAway
from services.web.operator.live import REMEMBERED, Channel, Live, Scope, difference
from services.web.operator.schemas import CircuitState, DayState, TruckState
from services.web.requests.transaction import Turns

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
SCOPE = Scope("city", "main", date(2026, 3, 1))


def state(done: int = 0, lon: float = 2.0, trucks: int = 2, **changes: Any) -> DayState:
    fields: dict[str, Any] = {
        "fleet": "main", "day": SCOPE.day, "as_of": AT, "plan": None, "offers": [], "dispatched_plan_id": None,
        "dispatched_at": None, "request_id": None, "request_state": None, "progress": None, "alerts": [], "silent": 0,
        "rejected": 0, "resting": [],
        "trucks": [
            TruckState(truck=f"T{n}", lon=lon if n == 0 else 1.0, lat=6, heading_deg=None, happened_at=AT, stale=False)
            for n in range(trucks)
        ],
        "circuits": [CircuitState(number=1, truck="T0", stops=9, done=done, skipped=0, last_at=None)],
    }  # fmt: skip
    return DayState(**fields | changes)


def patched(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """As the page's script puts a change onto the state that it has."""
    after = before | change
    for name, key in (("trucks", "truck"), ("circuits", "number")):
        if name in change:
            fresh = {row[key]: row for row in change[name]}
            after[name] = [fresh.get(row[key], row) for row in before[name]]
    return after


def test_change_holds_the_rows_that_changed_and_makes_the_new_state_of_the_old() -> None:
    before, after = state().model_dump(mode="json"), state(done=3, lon=2.5, silent=4).model_dump(mode="json")
    change = difference(before, after)
    assert change is not None
    assert sorted(change) == ["circuits", "silent", "trucks"]
    assert [row["truck"] for row in change["trucks"]] == ["T0"]
    assert patched(before, change) == after


def test_truck_that_comes_is_told_with_the_whole_state() -> None:
    """Rows are put in by their key: one that is not there could not be."""
    assert difference(state().model_dump(mode="json"), state(trucks=3).model_dump(mode="json")) is None


def test_who_comes_back_hears_what_changed_since() -> None:
    """The changes in their order make the latest state; who has that hears nothing."""
    channel = Channel()
    channel.take(state())
    first, held = channel.id, state().model_dump(mode="json")
    for done in (1, 2, 3):
        channel.take(state(done))
    missed = channel.since(first)
    assert [event.name for event in missed] == ["change"] * 3
    for event in missed:
        held = patched(held, from_json(event.data))
    assert held == state(3).model_dump(mode="json")
    assert channel.since(missed[0].id) == missed[1:]
    assert channel.since(channel.id) == []


def test_who_was_away_for_too_long_or_is_new_hears_the_whole() -> None:
    channel = Channel()
    ids = []
    for done in range(REMEMBERED + 5):
        channel.take(state(done))
        ids.append(channel.id)
    # The oldest change that is kept is of state 4, counted from 0: 104 changes were made, 100 are kept.
    assert [event.name for event in channel.since(ids[3])] == ["state"]
    assert len(channel.since(ids[4])) == REMEMBERED
    assert [event.name for event in channel.since("")] == ["state"]
    assert all(before != after for before, after in pairwise(ids))


def test_same_state_is_no_news() -> None:
    channel = Channel()
    channel.take(state())
    turned = channel.turned
    channel.take(state())
    assert not turned.is_set()


async def taken(lines: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(lines) for _ in range(count)]


@pytest.mark.slow
def test_two_pages_cost_one_look_and_a_store_that_is_away_is_said_and_over_again() -> None:
    looks: list[Scope] = []

    def read(scope: Scope) -> DayState:
        looks.append(scope)
        if len(looks) == 2:
            raise StoreAway("no")
        return state(len(looks))

    async def day() -> list[list[bytes]]:
        live = Live(read, Turns())
        pages = [live.events(SCOPE), live.events(SCOPE)]
        heard = [await taken(page, 2) for page in pages]
        assert len(looks) == 1
        heard.append(await asyncio.wait_for(taken(pages[0], 3), 20))
        live.stop()
        assert [line async for line in pages[0]] == []
        for page in pages:
            await page.aclose()  # type: ignore[attr-defined]
        return heard

    first, second, later = asyncio.run(day())
    assert first == second
    assert first[0].startswith(b"retry: ")
    assert b"event: state\n" in first[1]
    assert [line.split(b"event: ")[1].split(b"\n")[0] for line in later] == [b"away", b"change", b"back"]
