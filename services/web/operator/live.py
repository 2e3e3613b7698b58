"""Tells every open page of a fleet's day what changed: one look at the store for all of them, as server-sent events.

Each event has the fingerprint of the whole state as its id. Who comes back after a lost line names the last that it
heard, and is told what changed since; who was away for longer is told the whole state.
"""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from pydantic_core import to_json

from services.errors import StoreAway
from services.web.operator.orders import RUNNING
from services.web.operator.schemas import DayState
from services.web.requests.transaction import Turns

log = logging.getLogger(__name__)

LOOK_S = 2.0
LEAST_S = 0.5
"""Between two looks, however many pages open."""
PLANNING_LOOK_S = 0.7
"""While an order is being planned, whose progress people watch."""
AWAY_S = 5.0
HEARTBEAT_S = 15.0
"""A line in which nothing happens is dropped by the fronts between; a dead one is found out by writing to it."""
LONGEST_S = 120.0
"""Then the page comes back by itself, and its session is looked at again: one ended elsewhere ends here too."""
LINGERS_S = 60.0
"""A day is watched on for so long after its last page went: it may only have lost its line."""
REMEMBERED = 100
"""Changes that are kept for who comes back: some minutes of a busy day."""
BROUGHT_BACK_MS = 1500
BY_KEY = {"trucks": "truck", "circuits": "number"}
"""Lists of the state of which only the rows that changed are told, and what each row goes by."""


class Scope(NamedTuple):
    """Whose day: one channel each."""

    city: str
    fleet: str
    day: date


class Event(NamedTuple):
    """What pages are told."""

    id: str
    name: str
    """`state`, whole; `change`, of the one before; `away` and `back`, of the store; `here`: nothing happened."""
    data: bytes

    def line(self) -> bytes:
        named = f"id: {self.id}\n" if self.id else ""
        return f"{named}event: {self.name}\ndata: ".encode() + self.data + b"\n\n"


@dataclass
class Channel:
    """One fleet's day, and the pages that look at it."""

    pages: int = 0
    state: dict[str, Any] | None = None
    id: str = ""
    changes: deque[Event] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The latest last; each follows the one before it."""
    first_known: str = ""
    """The id of the state that the oldest of `changes` is a change of."""
    is_away: bool = False
    turned: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and another put in its place, whenever there is something to tell."""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a page opens: it may come from an order that was just given."""
    watch: asyncio.Task[None] | None = None

    def take(self, state: DayState) -> None:
        """Keep what changed of it, if anything did."""
        after = state.model_dump(mode="json")
        id_ = hashlib.sha256(to_json(after)).hexdigest()[:20]
        if id_ == self.id and not self.is_away:
            return
        if self.state is None:
            self.first_known = id_
        elif id_ != self.id:
            if len(self.changes) == REMEMBERED:
                self.first_known = self.changes[0].id
            change = difference(self.state, after)
            # A truck that came or went changes what the rows are: told whole.
            told = Event(id_, "state", to_json(after)) if change is None else Event(id_, "change", to_json(change))
            self.changes.append(told)
        self.state, self.id, self.is_away = after, id_, False
        self.turn()

    def miss(self) -> None:
        """The store does not answer: what is known stays."""
        if not self.is_away:
            self.is_away = True
            self.turn()

    def since(self, last_id: str) -> list[Event]:
        """What whoever heard `last_id` last has not heard; the whole state where that is too long ago."""
        if self.state is None:
            return []
        if last_id == self.id:
            return []
        ids = [self.first_known, *(event.id for event in self.changes)]
        if last_id in ids:
            # The latest of equal ones: a day may come back to a state that it was in.
            at = len(ids) - 1 - ids[::-1].index(last_id)
            return list(self.changes)[at:]
        return [Event(self.id, "state", to_json(self.state))]

    def turn(self) -> None:
        """Wake the pages."""
        turned, self.turned = self.turned, asyncio.Event()
        turned.set()


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    """The fields that changed, of the lists by key the rows that did. None where rows came or went."""
    change: dict[str, Any] = {}
    for name, value in after.items():
        if value == before[name]:
            continue
        key = BY_KEY.get(name)
        if key is None:
            change[name] = value
            continue
        was = {row[key]: row for row in before[name]}
        if was.keys() != {row[key] for row in value}:
            return None
        change[name] = [row for row in value if row != was[row[key]]]
    return change


class Live:
    """The channels of a process. Used from its event loop alone."""

    def __init__(self, read: Callable[[Scope], DayState], turns: Turns) -> None:
        """`read` looks at the store, in a thread, when a turn is had as requests have theirs."""
        self._read = read
        self._turns = turns
        self._channels: dict[Scope, Channel] = {}
        self._is_over = False

    def stop(self) -> None:
        """End all lines: the process is told to stop, and pages come back to whoever is there then."""
        self._is_over = True
        for channel in self._channels.values():
            channel.turn()

    async def events(self, scope: Scope, last_id: str = "", longest_s: float = LONGEST_S) -> AsyncIterator[bytes]:
        """Lines for one page, until it goes or `longest_s` is over."""
        channel, watch = self._join(scope)
        try:
            until = asyncio.get_running_loop().time() + longest_s
            yield f"retry: {BROUGHT_BACK_MS}\n\n".encode()
            heard, was_away = last_id, False
            while (left_s := until - asyncio.get_running_loop().time()) > 0 and not self._is_over and not watch.done():
                turned = channel.turned  # taken before looking, so that nothing falls between
                for event in channel.since(heard):
                    yield event.line()
                    heard = event.id
                if channel.is_away and not was_away:
                    yield Event("", "away", b"{}").line()
                elif was_away and not channel.is_away:
                    yield Event("", "back", b"{}").line()
                was_away = channel.is_away
                try:
                    await asyncio.wait_for(turned.wait(), min(HEARTBEAT_S, left_s))
                except TimeoutError:
                    yield Event("", "here", b"{}").line()
            if watch.done():
                watch.result()  # what nobody foresaw is raised where it is logged, and the page comes back
        finally:
            self._leave(scope, channel)

    def _join(self, scope: Scope) -> tuple[Channel, asyncio.Task[None]]:
        channel = self._channels.setdefault(scope, Channel())
        channel.pages += 1
        channel.came.set()
        if channel.watch is None or channel.watch.done():
            channel.watch = asyncio.create_task(self._watch(scope, channel))
        return channel, channel.watch

    def _leave(self, scope: Scope, channel: Channel) -> None:
        channel.pages -= 1
        if channel.pages == 0:
            asyncio.get_running_loop().call_later(LINGERS_S, self._drop, scope, channel)

    def _drop(self, scope: Scope, channel: Channel) -> None:
        """Of a channel that nobody came back to."""
        if channel.pages == 0 and self._channels.get(scope) is channel:
            del self._channels[scope]
            if channel.watch is not None:
                channel.watch.cancel()

    async def _watch(self, scope: Scope, channel: Channel) -> None:
        try:
            while True:
                wait_s = AWAY_S
                try:
                    async with self._turns.taken():
                        state = await asyncio.to_thread(self._read, scope)
                except StoreAway as error:
                    log.warning("%s: %s", scope.city, error)
                    channel.miss()
                else:
                    channel.take(state)
                    wait_s = PLANNING_LOOK_S if state.request_state in RUNNING else LOOK_S
                channel.came.clear()
                await asyncio.sleep(LEAST_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(channel.came.wait(), wait_s - LEAST_S)
        finally:
            channel.turn()
