"""What was driven: kilometres by GPS, stops by the crews' word, litres by the linear model.

What a truck did counts whichever plan asked for it. A plan that is sent again changes what is asked for from then on,
never what was done before.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.contracts.ledger import DayFigures
from services.contracts.planning import Circuit, PlanMade, Visit
from services.ledger.fuel import FuelBook, TruckFuel, Work
from services.ledger.known import Known
from services.ledger.measured import Duty, Track
from services.roads.tracks import TrackFix, metres_between

log = logging.getLogger(__name__)

type Handled = tuple[str, str]
"""Kind and id of a place where a circuit has work."""
type Measure = Callable[[str, Duty], Track | None]
"""A truck's duty by GPS; None where it is not covered."""
USUAL_M = 50_000.0
"""Estimated metres that a fleet's usual road factor counts for beside a day's own. Assumed: half of a truck's day."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a driver said of one visit. Of a stop reported twice, the later word counts."""

    truck: str
    kind: str
    place: str
    outcome: str
    happened_at: datetime
    plan_id: UUID


@dataclass(frozen=True, slots=True)
class SentPlan:
    """A plan and when it was sent; `sent_at` is None for one that a crew followed though it was of another day."""

    plan: PlanMade
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Driven:
    """One truck's day as it went. `measured_m` is None where GPS does not cover it.

    A truck of which nobody has said a word counts with its planned road and service: a phone left at home must not look
    like a saving.
    """

    truck: str
    heard_of: bool
    stops: int
    lifts: int
    """Stops that fuel is reckoned for: the confirmed ones, or the planned ones of a truck not heard of."""
    trips: int
    service_s: float
    collected_kg: float
    emptied: tuple[str, ...]
    """Containers that fuel is reckoned for, as `lifts` is."""
    estimated_m: float
    expected_s: float
    haul_share: float
    """Of its kilometres: by its track where that tells, else by the straight lines from visit to visit."""
    track: Track | None
    is_of_one_circuit: bool
    """Else its estimate is put together of parts, and is no measure for a road factor."""

    @property
    def measured_m(self) -> float | None:
        return None if self.track is None else self.track.distance_m

    def metres(self, factor: float) -> float:
        """Measured, else as estimated times the day's road factor."""
        return self.estimated_m * factor if self.track is None else self.track.distance_m

    def work(self, factor: float) -> Work:
        """What of its day burns fuel."""
        metres = self.metres(factor)
        haul_m = metres * self.haul_share
        return Work(haul_m, metres - haul_m, self.lifts, self.service_s)

    def duty_s(self, pace: float) -> float:
        """Measured, else as planned times the day's pace factor."""
        measured_s = None if self.track is None else self.track.duty_s
        return self.expected_s * pace if measured_s is None else measured_s


def driven_trucks(
    sent: Sequence[SentPlan],
    confirmed: Sequence[Confirmed],
    measure: Measure,
    known: Known,
) -> list[Driven]:
    """Every truck that somebody heard of, or that the plan in force (the last sent) asks for."""
    plans = {row.plan.plan_id: row.plan for row in sent}
    words = _words_by_truck(confirmed, plans, known)
    asked = {truck: part for truck, part in _asked_of_the_silent(sent).items() if truck not in words}
    rows = [_heard(truck, said, plans, measure, known) for truck, said in words.items()]
    rows += [_silent(truck, *part, measure, known) for truck, part in asked.items()]
    return sorted(rows, key=lambda row: row.truck)


def road_factor(driven: Sequence[Driven], usual: float | None = None) -> float:
    """Measured over estimated kilometres, on the circuits that have both; 1 where none has and nothing is usual.

    `usual` counts as `USUAL_M` more: what a single trip took says little of the roads of all circuits.
    """
    both = [(d.measured_m, d.estimated_m) for d in driven if d.measured_m is not None and d.is_of_one_circuit]
    if usual is not None:
        both.append((usual * USUAL_M, USUAL_M))
    estimated_m = sum(estimated for _, estimated in both)
    return sum(measured for measured, _ in both) / estimated_m if estimated_m > 0 else 1.0


def pace_factor(driven: Sequence[Driven]) -> float:
    """Measured over planned hours of duty, on the circuits that have both; 1 where none has."""
    both = [(d.track.duty_s, d.expected_s) for d in driven if d.track and d.track.duty_s and d.is_of_one_circuit]
    expected_s = sum(expected for _, expected in both)
    return sum(measured for measured, _ in both) / expected_s if expected_s > 0 else 1.0


def fuel_of(driven: Sequence[Driven], book: FuelBook, known: Known) -> dict[str, TruckFuel]:
    """The coefficients of each truck. Raises: NotKnown."""
    return {d.truck: book.of(d.truck, known.fuel_model(d.truck)) for d in driven}


def figures_of(
    driven: Sequence[Driven], fuel: Mapping[str, TruckFuel], factor: float = 1.0, pace: float = 1.0
) -> DayFigures:
    """The sums; a truck that GPS does not cover counts with its estimated kilometres times the road factor."""
    works = [(d.truck, d.work(factor)) for d in driven]
    return DayFigures(
        circuits=sum(d.heard_of for d in driven),
        stops=sum(d.stops for d in driven),
        trips=sum(d.trips for d in driven),
        distance_m=round(sum(d.metres(factor) for d in driven), 1),
        service_s=sum(d.service_s for d in driven),
        fuel_l=round(sum(fuel[truck].litres(work) for truck, work in works), 2),
        collected_kg=round(sum(d.collected_kg for d in driven), 1),
        haul_m=round(sum(work.haul_m for _, work in works), 1),
        duty_s=round(sum(d.duty_s(pace) for d in driven), 1),
    )


def _words_by_truck(
    confirmed: Iterable[Confirmed], plans: Mapping[UUID, PlanMade], known: Known
) -> dict[str, list[Confirmed]]:
    """In the order of time. What names a place or truck that the city never had is no work of ours."""
    words: dict[str, list[Confirmed]] = defaultdict(list)
    for word in sorted(confirmed, key=lambda word: word.happened_at):
        is_ours = known.has_truck(word.truck) or _circuit(plans.get(word.plan_id), word.truck) is not None
        if is_ours and known.has_place(word.kind, word.place):
            words[word.truck].append(word)
        else:
            log.warning("confirmation of %s at %s %s: not in the registry", word.truck, word.kind, word.place)
    return words


def _heard(
    truck: str,
    words: Sequence[Confirmed],
    plans: Mapping[UUID, PlanMade],
    measure: Measure,
    known: Known,
) -> Driven:
    """By its crew's words, which come in the order of time."""
    last_word = {word.place: word for word in words if word.kind == "stop"}
    emptied = [word for word in last_word.values() if word.outcome == "done"]
    # A site is visited several times a day: each word there is a visit of its own.
    unloaded = [word for word in words if word.kind == "disposal" and word.outcome == "done"]
    made = [("stop", word.place) for word in emptied] + [("disposal", word.place) for word in unloaded]
    parts = _followed(truck, words, plans)
    circuits = [circuit for circuit, _ in parts]
    duty = Duty(
        expected_s=sum(share * circuit.duty_s for circuit, share in parts),
        estimated_m=sum(share * circuit.distance_m for circuit, share in parts),
        places=_positions(made, circuits),
        words=[(word.happened_at.timestamp(), word.kind) for word in words],
    )
    track = measure(truck, duty)
    return Driven(
        truck=truck,
        heard_of=True,
        stops=len(emptied),
        lifts=len(emptied),
        trips=len(unloaded),
        service_s=sum(known.service_s(*visit) for visit in made),
        collected_kg=sum(known.demand_kg(word.plan_id, word.place) for word in emptied),
        emptied=tuple(word.place for word in emptied),
        estimated_m=duty.estimated_m,
        expected_s=duty.expected_s,
        haul_share=_haul_share(track, [(word.kind, word.place) for word in words], circuits),
        track=track,
        is_of_one_circuit=len(parts) == 1,
    )


def _followed(truck: str, words: Iterable[Confirmed], plans: Mapping[UUID, PlanMade]) -> list[tuple[Circuit, float]]:
    """The circuits that a crew followed, in their order, each with the share of it that was driven.

    The last is taken to be driven whole; of one before it, as much as was handled by the time the next was followed.
    """
    handled: dict[UUID, set[Handled]] = defaultdict(set)
    for word in words:
        handled[word.plan_id].add((word.kind, word.place))
    followed = []
    for plan_id, visits in handled.items():
        circuit = _circuit(plans.get(plan_id), truck)
        if circuit is not None:
            of = {(visit.kind, visit.place) for visit in _work(circuit)}
            followed.append((circuit, min(1.0, len(visits) / len(of)) if of else 1.0))
    return [*followed[:-1], *((circuit, 1.0) for circuit, _ in followed[-1:])]


def _silent(truck: str, circuit: Circuit, until: datetime | None, measure: Measure, known: Known) -> Driven:
    """As planned, to its end or until it was called off."""
    work = _work(circuit)
    made = [visit for visit in work if until is None or visit.arrive_at <= until]
    share = 1.0 if until is None else len(made) / len(work) if work else 0.0
    duty = Duty(share * circuit.duty_s, share * circuit.distance_m, _positions(map(_handled, made), [circuit]))
    emptied = tuple(visit.place or "" for visit in made if visit.kind == "stop")
    track = measure(truck, duty)
    return Driven(
        truck=truck,
        heard_of=False,
        stops=0,
        lifts=len(emptied),
        trips=0,
        service_s=sum(known.service_s(*_handled(visit)) for visit in made),
        collected_kg=0.0,
        emptied=emptied,
        estimated_m=duty.estimated_m,
        expected_s=duty.expected_s,
        haul_share=_haul_share(track, [_handled(visit) for visit in made], [circuit]),
        track=track,
        is_of_one_circuit=until is None,
    )


def _asked_of_the_silent(sent: Sequence[SentPlan]) -> dict[str, tuple[Circuit, datetime | None]]:
    """By truck the circuit it was last asked to drive, and when that was called off; none that had not left by then."""
    asked: dict[str, tuple[Circuit, datetime | None]] = {}
    for row in sent:
        if row.sent_at is None:
            continue
        called_off = {
            truck: (circuit, until or row.sent_at)
            for truck, (circuit, until) in asked.items()
            if circuit.visits[0].leave_at < (until or row.sent_at)
        }
        asked = called_off | {circuit.truck: (circuit, None) for circuit in row.plan.circuits}
    return asked


def _circuit(plan: PlanMade | None, truck: str) -> Circuit | None:
    return next((circuit for circuit in plan.circuits if circuit.truck == truck), None) if plan else None


def _work(circuit: Circuit) -> list[Visit]:
    return [visit for visit in circuit.visits if visit.kind in {"stop", "disposal"}]


def _handled(visit: Visit) -> Handled:
    return visit.kind, visit.place or ""


def _haul_share(track: Track | None, visits: Sequence[Handled], circuits: Sequence[Circuit]) -> float:
    """Of the way from the depot over these visits and home, what is not from one container to the next; 1 of none."""
    if track is not None and track.haul_m is not None and track.distance_m > 0:
        return track.haul_m / track.distance_m
    if not circuits:
        return 1.0
    where = _where(circuits)
    depot = _where(circuits, kinds={"depot"}).values()
    home = [("depot", place) for place in list(depot)[:1]]
    way = [(kind, where[kind, name]) for kind, name in visits if (kind, name) in where]
    legs = [(a, b, _straight_m(a[1], b[1])) for a, b in pairwise([*home, *way, *home])]
    whole_m = sum(metres for _, _, metres in legs)
    collect_m = sum(metres for a, b, metres in legs if a[0] == b[0] == "stop")
    return 1 - collect_m / whole_m if whole_m > 0 else 1.0


def _straight_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    return metres_between(TrackFix(0, *a), TrackFix(0, *b))


def _positions(made: Iterable[Handled], circuits: Iterable[Circuit]) -> set[tuple[float, float]]:
    """Where the visits made are, as far as these circuits say."""
    where = _where(circuits)
    return {where[visit] for visit in made if visit in where}


def _where(
    circuits: Iterable[Circuit], kinds: Collection[str] = ("stop", "disposal")
) -> dict[Handled, tuple[float, float]]:
    return {
        _handled(visit): (visit.lon, visit.lat)
        for circuit in circuits
        for visit in circuit.visits
        if visit.kind in kinds and visit.lon is not None and visit.lat is not None
    }
