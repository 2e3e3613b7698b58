"""The life that a city would have lived without sensors: carried from day to day, with the waste that really came in.

Each morning the product's own choice picks from what would then have been believed: by dates of emptyings, the levels
that crews would have seen there, and residents' reports as they came; never by a reading. Circuits are searched for
what it picks, as a plan's are: a whole quarter may wait for another day. What they serve is emptied as this city's
crews empty what they are sent to, and is believed to be.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b

from services.city.registry import Registry
from services.fill.belief import Belief, hours_of, learn, start
from services.fill.due import forecasts_of_day
from services.fill.evidence import Evidence
from services.fill.prospects import service_instant
from services.ledger.inflow import Inflow, Standing
from services.ledger.rerouted import served_by_plan
from services.roads.roads import Roads

QUARTERS = 4
"""Crews tell levels by quarters, full at most."""


@dataclass(frozen=True)
class LivedDay:
    """Of one fleet: what the life with sensors did, and what the choice went by beside beliefs."""

    fleet: str
    day: date
    registry: Registry
    """The fleet's part of the city."""
    as_of: datetime
    """When the morning's plan was made."""
    due: Mapping[str, bool]
    """What plans of the day asked for, and whether as a promise that would else be broken."""
    emptied: frozenset[str]
    """By the crews' word; by the plan, of a truck of which nobody heard."""
    lacking: Mapping[str, float]
    """By container, the people who lacked service, as the morning's plan knew them."""
    roads: Callable[[], Roads]
    """Those of the plan that was driven."""


@dataclass(frozen=True)
class Habits:
    """How this city's crews are, in every life."""

    told_share: float
    """Of emptyings at which they told the level."""
    done_share: float
    """Of what they had to empty that day, what they did."""


def habits_of(days: Iterable[LivedDay], account: Iterable[Evidence]) -> Habits:
    """As they were on these days; `account` has all emptyings of them."""
    told = Counter(piece.fill_ratio is not None for piece in account if piece.kind == "emptied")
    done = Counter(
        container in day.emptied for day in days for container, is_required in day.due.items() if is_required
    )
    return Habits(
        told_share=told[True] / told.total() if told else 0.0, done_share=done[True] / done.total() if done else 1.0
    )


class LifeWithoutSensors:
    """Call `live` for each day in turn. The same days give the same life."""

    def __init__(
        self, inflow: Inflow, begun_at: datetime, account: Mapping[str, Sequence[Evidence]], habits: Habits
    ) -> None:
        """Begin where the life with sensors was at `begun_at`.

        Args:
            inflow: from that day on.
            begun_at: before the first day's plan.
            account: by container, in the order of time, all evidence but readings. Of what happened before `begun_at`
                all of it counts, of what came later residents' reports alone.
            habits: of the crews.
        """
        self.standing = Standing(inflow, hours_of(begun_at))
        self._habits = habits
        self._beliefs: dict[str, Belief] = {}
        self._reports: dict[str, deque[Evidence]] = {}
        for container, pieces in account.items():
            belief = start()
            for piece in pieces:
                if piece.happened_at < begun_at and piece.kind != "reading":
                    belief = learn(belief, piece)
            self._beliefs[container] = belief
            later = (piece for piece in pieces if piece.happened_at >= begun_at and piece.kind == "report")
            self._reports[container] = deque(later)

    def live(self, days: Sequence[LivedDay]) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
        """One day of the city: by fleet what is emptied; by container what stood in it when trucks came."""
        if not days:
            return {}, {}
        at = max(service_instant(day.registry, day.day) for day in days)
        chosen = {day.fleet: self._chosen(day) for day in days}
        self.standing.until(hours_of(at))
        levels = self.standing.levels()
        emptied = frozenset[str]().union(*chosen.values())
        self._hear(at)
        for container in sorted(emptied):
            piece = Evidence("emptied", at, at, self._told(container, days[0].day, levels.get(container)))
            self._beliefs[container] = learn(self._beliefs.get(container, start()), piece)
        self.standing.empty(emptied)
        return chosen, levels

    def _chosen(self, lived: LivedDay) -> frozenset[str]:
        """Of what is due what circuits serve and crews do; and what was emptied without being due by any choice."""
        self._hear(lived.as_of)
        # Learned anew each morning, as plans do: without readings a week-old model chooses other containers.
        forecasts = forecasts_of_day(lived.registry, self._beliefs, lived.day, lived.as_of, lived.lacking)
        due = [forecast for forecast in forecasts if forecast.due]
        served = served_by_plan(lived.registry, due, lived.day, lived.roads()) if due else frozenset()
        done = {container for container in served if self._is_done(container, lived)}
        return frozenset(done | (lived.emptied - lived.due.keys()))

    def _is_done(self, container: str, lived: LivedDay) -> bool:
        """As it went where crews had to empty it that day; else by chance, as often as they do what they have to."""
        if container in lived.emptied or lived.due.get(container):
            return container in lived.emptied
        return drawn("done", container, lived.day) < self._habits.done_share

    def _told(self, container: str, day: date, level: float | None) -> float | None:
        if level is None or drawn("told", container, day) >= self._habits.told_share:
            return None
        return min(round(level * QUARTERS) / QUARTERS, 1.0)

    def _hear(self, until: datetime) -> None:
        """What residents said."""
        for container, reports in self._reports.items():
            while reports and reports[0].happened_at <= until:
                self._beliefs[container] = learn(self._beliefs[container], reports.popleft())


def drawn(purpose: str, container: str, day: date) -> float:
    """Between 0 and 1, evenly; the same for the same container and day."""
    digest = blake2b(f"{purpose} {container} {day.isoformat()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
