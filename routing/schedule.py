"""The best timing of a fixed sequence of visits: when to leave, when to serve, when to rest.

A sequence runs from the start depot to the end depot. Service starts inside a window (arriving early waits), the
duty stays inside the shift, and the crew rests if it is on duty when its break window closes. Among all timings the
shortest duty wins, then the earliest departure that allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routing.problem import Break, Window

type Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Legs:
    """A sequence of m visits: `travel_s[i]` leads from visit i to i + 1 (m - 1 values), the rest has m values.

    Empty windows mean any time. The first and last visit are the depots.
    """

    travel_s: Sequence[int]
    service_s: Sequence[int]
    windows: Sequence[Windows]

    def least_s(self) -> int:
        """Seconds of driving and service, that is the duty without any waiting."""
        return sum(self.travel_s) + sum(self.service_s)


@dataclass(frozen=True, slots=True)
class Timing:
    """Start of service at each visit (the first is the departure), and the break: after which visit, and when."""

    start_s: tuple[int, ...]
    rest_after: int | None = None
    rest_start_s: int | None = None

    @property
    def duty_s(self) -> int:
        return self.start_s[-1] - self.start_s[0]


def next_start(windows: Windows, arrive_s: int) -> int | None:
    """Earliest start of service at or after `arrive_s`; None when every window has closed."""
    if not windows:
        return arrive_s
    return min((max(arrive_s, opens_s) for opens_s, closes_s in windows if arrive_s <= closes_s), default=None)


def last_start(windows: Windows, limit_s: int) -> int | None:
    """Latest start of service at or before `limit_s`; None when no window has opened by then."""
    if not windows:
        return limit_s
    return max((min(limit_s, closes_s) for opens_s, closes_s in windows if opens_s <= limit_s), default=None)


def earliest_starts(legs: Legs, depart_s: int) -> list[int] | None:
    """Starts of service when leaving at `depart_s` and never dawdling; None when a window is missed."""
    starts, clock = [depart_s], depart_s
    ways = zip(legs.travel_s, legs.service_s[:-1], legs.windows[1:], strict=True)
    for travel_s, service_s, windows in ways:
        clock += service_s + travel_s
        if windows:
            start = next_start(windows, clock)
            if start is None:
                return None
            clock = start
        starts.append(clock)
    return starts


def latest_starts(legs: Legs, end_s: int) -> list[int] | None:
    """Latest start of each visit from which the rest can still be done by `end_s`; None when nothing can."""
    starts, clock = [end_s], end_s
    ways = zip(reversed(legs.travel_s), reversed(legs.service_s[:-1]), reversed(legs.windows[:-1]), strict=True)
    for travel_s, service_s, windows in ways:
        clock -= travel_s + service_s
        if windows:
            start = last_start(windows, clock)
            if start is None:
                return None
            clock = start
        starts.append(clock)
    return starts[::-1]


def shortest_duty(legs: Legs, from_s: int, to_s: int) -> list[int] | None:
    """Starts of the shortest duty inside from_s..to_s, the earliest of equals; None when there is none.

    Leaving later than the latest departure for some end of duty pushes that end to a later opening; each such jump
    is tried once, so the work is at most one pass per window.
    """
    least_s, depart_s = legs.least_s(), from_s
    best: list[int] | None = None
    while depart_s <= to_s - least_s:
        starts = earliest_starts(legs, depart_s)
        if starts is None or starts[-1] > to_s:
            break
        if starts[-1] - depart_s > least_s:
            departure = latest_starts(legs, starts[-1])
            assert departure is not None  # noqa: S101 - `starts` itself proves that one exists
            depart_s = departure[0]
            starts = earliest_starts(legs, depart_s) or starts
        if best is None or starts[-1] - starts[0] < best[-1] - best[0]:
            best = starts
        if starts[-1] - depart_s <= least_s:
            break
        depart_s += 1
    return best


def best_timing(legs: Legs, shift: Window, rest: Break | None) -> Timing | None:
    """Shortest duty that keeps windows, shift and break rule, or None when the sequence cannot be done in time."""
    return min(_timings(legs, shift, rest), key=lambda timing: timing.duty_s, default=None)


def _timings(legs: Legs, shift: Window, rest: Break | None) -> Iterator[Timing]:
    from_s, to_s = shift
    if rest is None:
        starts = shortest_duty(legs, from_s, to_s)
        if starts is not None:
            yield Timing(tuple(starts))
        return
    closes_s = rest.window[1]
    for span in ((from_s, min(to_s, closes_s)), (max(from_s, closes_s), to_s)):
        # Home by the time the window closes, or leaving only then: no break is due.
        starts = shortest_duty(legs, *span)
        if starts is not None:
            yield Timing(tuple(starts))
    yield from _rested_timings(legs, shift, rest)


def _rested_timings(legs: Legs, shift: Window, rest: Break) -> Iterator[Timing]:
    """Try the break after each visit where it can fall into its window, waiting being cheapest where the crew rests."""
    latest = latest_starts(legs, shift[1])
    earliest = earliest_starts(legs, shift[0])
    if latest is None or earliest is None:
        return
    for here in range(len(legs.travel_s)):
        if earliest[here] + legs.service_s[here] > rest.window[1]:
            break
        if latest[here + 1] - legs.travel_s[here] < rest.window[0] + rest.duration_s:
            continue
        starts = shortest_duty(_with_rest(legs, here, rest), *shift)
        if starts is not None:
            yield Timing((*starts[: here + 1], *starts[here + 2 :]), here, starts[here + 1])
            if starts[-1] - starts[0] == legs.least_s() + rest.duration_s:
                return


def _with_rest(legs: Legs, here: int, rest: Break) -> Legs:
    """Legs with the break as a visit of its own, on the spot, after visit `here`."""
    cut = here + 1
    return Legs(
        [*legs.travel_s[:here], 0, *legs.travel_s[here:]],
        [*legs.service_s[:cut], rest.duration_s, *legs.service_s[cut:]],
        [*legs.windows[:cut], (rest.window,), *legs.windows[cut:]],
    )
