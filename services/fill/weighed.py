"""What a scale at a disposal site tells of the containers that a truck emptied on that trip.

A truck is weighed with what many containers gave. Its kilograms are shared among those emptied since it last tipped, in
proportion to what was believed of each at its emptying: its volume, times the level, times the density of its kind's
waste.

A share is no level that anybody saw: of many containers, each one's is hardly more than what was believed of it before.
What the scale tells of one of them, without what was believed of itself, is what is left of the load without the others
(`told_by`). That is uncertain by all of theirs, and the forecast lets it count by that; but trip after trip with other
neighbours tells them apart, as equations of ever other sums do (Kaczmarz 1937).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import numpy as np

from services.fill.tallies import Table

LONGEST = timedelta(hours=24)
"""Between an emptying and the scale: what a truck keeps aboard overnight is weighed the next morning."""
WEIGHED_AGAIN = timedelta(hours=1)
"""After it first tipped, a truck that emptied nothing since and is weighed once more is weighed again: the later
weighing replaces the earlier one. Later it carries what nobody told us of."""
OVERLOADED = 1.5
"""Of what its body may carry: a truck that weighs more was not weighed, or another one was."""
OFF = 5.0
"""A load so many times as heavy as believed, or as light, is of other stops than those we know."""
DENSITY_SPREAD = 0.1
"""Of a load's density, as a share of it, from load to load: wet days and dry, glass and leaves. Assumed. A density that
is wrong in the registry makes all levels wrong by as much, however many loads are weighed."""
SHARING_SPREAD = 0.3
"""Of what is in a container, as a share of what was believed of it: crews find levels 13 points of a hundred beside
forecasts of some fifty (docs/forecast.md)."""
LEAST_PART = 0.01
"""Of a load: what has less of it is told nothing."""

Left = Literal["no_stops", "nothing", "too_heavy", "not_these_stops"]
"""Why a weighing tells nothing: no emptying that we know of since the truck last tipped; 0 kg; more than the truck can
carry; far from what its stops can have given."""


class Emptying(NamedTuple):
    """Of one container by the truck."""

    container: str
    happened_at: datetime
    received_at: datetime
    fill_seen: float | None = None
    """By the crew; None where it said nothing."""
    id: UUID | None = None


class Tip(NamedTuple):
    """The truck at a disposal site, by a scale or by its driver's word."""

    happened_at: datetime
    received_at: datetime
    net_kg: float | None = None
    """None: the driver's word."""
    id: UUID | None = None
    """Of the weighing."""


class Trip(NamedTuple):
    """From empty to empty."""

    emptyings: tuple[Emptying, ...]
    tips: tuple[Tip, ...]
    """Where it ended, the first one and words of the same one. None: it has not ended, as far as anybody said."""
    begun_known_at: datetime | None
    """When it was first received that the truck had tipped before it; None: nobody said so."""

    @property
    def known_at(self) -> datetime:
        """When the last of what makes it this trip was received."""
        said = [one.received_at for one in self.emptyings] + [tip.received_at for tip in self.tips]
        return max(said if self.begun_known_at is None else [*said, self.begun_known_at])


class Believed(NamedTuple):
    """Of one container when it was emptied, before anybody had weighed it."""

    kg: float
    """In it."""
    full_kg: float | None
    """When it is full; None where the registry does not know it any more."""


class Share(NamedTuple):
    """Of a truck's load, one container's."""

    kg: float
    fill_ratio: float
    """The level that the kilograms make, before it was emptied."""
    expected_ratio: float
    """The level that was believed."""
    part: float
    """Of the load, above 0 to 1: in proportion to what was believed."""


class Shares(NamedTuple):
    """What one trip tells."""

    weighing: Tip | None
    """Which was shared; None: none that can be."""
    of: Mapping[tuple[str, datetime], Share]
    """By container and its emptying."""
    left: tuple[Tip, Left] | None
    """The latest weighing and why it was not the one; None: it was, or there is none."""


def trips_of(emptyings: Iterable[Emptying], tips: Iterable[Tip]) -> tuple[list[Trip], list[Tip]]:
    """A truck's trips in their order, and the weighings before which it emptied nothing that we know of.

    It tips where it was weighed and where its driver says so. Between two emptyings both may be said, some minutes
    apart and in either order: they are one tipping.
    """
    words: list[Emptying | Tip] = sorted([*emptyings, *tips], key=_place_in_time)
    trips: list[Trip] = []
    strangers: list[Tip] = []
    begun_known_at: datetime | None = None
    stops: list[Emptying] = []
    ends: list[Tip] = []
    for word in words:
        if isinstance(word, Emptying):
            if ends:
                trips.append(Trip(tuple(stops), tuple(ends), begun_known_at))
                begun_known_at = min(tip.received_at for tip in ends)
                stops, ends = [], []
            stops.append(word)
            continue
        if not ends:
            old = [stop for stop in stops if word.happened_at - stop.happened_at > LONGEST]
            if old:
                trips.append(Trip(tuple(old), (), begun_known_at))
                stops = stops[len(old) :]
        if stops and (not ends or word.happened_at - ends[0].happened_at <= WEIGHED_AGAIN):
            ends.append(word)
        elif word.net_kg is not None:
            strangers.append(word)
    if stops:
        trips.append(Trip(tuple(stops), tuple(ends), begun_known_at))
    return trips, strangers


def _place_in_time(word: Emptying | Tip) -> tuple[datetime, bool, datetime, str]:
    """Of one instant, an emptying comes first. What is left equal is told apart, so that arrival changes nothing."""
    return word.happened_at, isinstance(word, Tip), word.received_at, str(word.id)


def share(trip: Trip, believed: Mapping[str, Believed], payload_kg: float | None) -> Shares:
    """The latest weighing of the trip that can be believed, among the containers that it emptied.

    Args:
        trip: of one truck.
        believed: by container; one that is not in it weighs as the mean of the others, and has no share. One that was
            emptied twice on a trip gave what it gave the first time.
        payload_kg: what the truck's body may carry; None where nobody knows.
    """
    stops = list({stop.container: stop for stop in reversed(trip.emptyings)}.values())
    expected = [_expected_kg(stop, believed) for stop in stops]
    known = [kg for kg in expected if kg is not None]
    usual = sum(known) / len(known) if known else 0.0
    expected_kg = sum(usual if kg is None else kg for kg in expected)
    left: tuple[Tip, Left] | None = None
    for tip in reversed([tip for tip in trip.tips if tip.net_kg is not None]):
        net_kg = tip.net_kg or 0.0
        why = _why_left(net_kg, expected_kg, payload_kg)
        if why is None:
            return Shares(tip, _shared(stops, believed, net_kg, expected, expected_kg), left)
        left = left or (tip, why)
    return Shares(None, {}, left)


def _why_left(net_kg: float, expected_kg: float, payload_kg: float | None) -> Left | None:
    if net_kg <= 0:
        return "nothing"
    if payload_kg is not None and net_kg > OVERLOADED * payload_kg:
        return "too_heavy"
    if not expected_kg / OFF <= net_kg <= expected_kg * OFF:
        return "not_these_stops"
    return None


def _expected_kg(stop: Emptying, believed: Mapping[str, Believed]) -> float | None:
    one = believed.get(stop.container)
    if one is None:
        return None
    return one.kg if stop.fill_seen is None or one.full_kg is None else stop.fill_seen * one.full_kg


def _shared(
    stops: Sequence[Emptying],
    believed: Mapping[str, Believed],
    net_kg: float,
    expected: Sequence[float | None],
    expected_kg: float,
) -> dict[tuple[str, datetime], Share]:
    found = {}
    for stop, kg in zip(stops, expected, strict=True):
        one = believed.get(stop.container)
        if kg is None or one is None or not one.full_kg:
            continue
        if (part := kg / expected_kg) >= LEAST_PART:
            found[stop.container, stop.happened_at] = Share(
                part * net_kg, part * net_kg / one.full_kg, kg / one.full_kg, part
            )
    return found


def told_by(fill_ratio: Table, expected_ratio: Table, part: Table) -> tuple[Table, Table]:
    """Of shares: the level that is left of the load without the others, and its standard deviation.

    It may be far above full, or below nothing, where the others had less or more than was believed. Those are taken to
    be as large as this one, as many as there is room for beside it.
    """
    level: Table = expected_ratio + (fill_ratio - expected_ratio) / part
    others = SHARING_SPREAD * expected_ratio * np.sqrt(1 / part - 1)
    spread: Table = np.hypot(others, DENSITY_SPREAD * fill_ratio / part)
    return level, spread
