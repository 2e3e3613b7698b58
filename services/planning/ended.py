"""Searches that an operator has ended: every planner hears of all of them, and looks while it searches its own."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from pydantic import ValidationError

import routing
from services.contracts.planning import EndSearch, PlanDay
from services.errors import StreamAway
from services.stream.kafka import Record, when_there
from services.stream.ports import EventSource

log = logging.getLogger(__name__)

POLL_S = 0.2
RETRY_S = 1.0
KEPT = 1000
"""Of the last ones: an order is ended within minutes of being given, or never."""

type EndedBy = Callable[[], str | None]
"""Asked while searching: who has ended this search; None, nobody."""


def nobody() -> None:
    """Nobody ends this search."""


def search_stop(seconds: float, ended_by: EndedBy) -> routing.StopCriterion:
    """A search's end: after `seconds`, or as soon as somebody ends it."""
    return routing.AnyOf(routing.MaxRuntime(seconds), routing.WhenAsked(lambda: ended_by() is not None))


class EndedSearches:
    """Who has ended which search; heard on one thread, asked on another. An order may be ended before it comes."""

    def __init__(self) -> None:
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def hear(self, records: Sequence[Record]) -> None:
        for record in records:
            try:
                end = EndSearch.model_validate_json(record.value)
            except ValidationError as error:
                log.warning("an unreadable end of a search is left aside: %s", error)
                continue
            with self._lock:
                self._ended.setdefault(str(end.request_id), end.asked_by)
                while len(self._ended) > KEPT:
                    self._ended.popitem(last=False)

    def ended_by(self, orders: Iterable[PlanDay]) -> str | None:
        """Who has ended one of these orders, which are carried out together."""
        with self._lock:
            return next((self._ended[key] for order in orders if (key := str(order.request_id)) in self._ended), None)


def listen(subscribe: Callable[[], EventSource], heard: EndedSearches, stopping: threading.Event) -> threading.Thread:
    """Hear what comes until told to stop, on a thread of its own: the planner's own is busy searching."""
    thread = threading.Thread(target=partial(_listen, subscribe, heard, stopping), name="search-ends", daemon=True)
    thread.start()
    return thread


def _listen(subscribe: Callable[[], EventSource], heard: EndedSearches, stopping: threading.Event) -> None:
    source = when_there(subscribe, stopping=stopping.is_set)
    if source is None:
        return
    while not stopping.is_set():
        try:
            heard.hear(source.poll(POLL_S))
            source.commit()
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            stopping.wait(RETRY_S)
    with suppress(StreamAway):
        source.close()
