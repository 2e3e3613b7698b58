"""A whole plan under construction: the tours, who serves which stop, and where one more stop fits best."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from routing.instance import INFINITE, Instance, Truck
from routing.schedule import next_start
from routing.tour import Tour, build_tour

NOBODY = -1
BLINK_SHARE = 0.01  # of the places, as in the SISR article
SERVED_NEIGHBOURS = 20
COMPARED = 3  # places built in full and compared for a stop the crew may have to wait for
ATTEMPTS = 4  # places tried for one stop when the cheapest, judged quickly, does not hold in full


class Place(NamedTuple):
    """Where a stop would go: after position `after` of a truck's tour, with `nodes` to put in there."""

    extra: float
    truck: int
    after: int
    nodes: tuple[int, ...]


class Look(NamedTuple):
    """How to look for a place. `rng` makes it overlook a place now and then, which keeps the search from cycling.

    `ease` below 1 makes new trips look cheaper, as if others would share them; `wide` looks at every position.
    """

    rng: Random | None = None
    ease: float = 1.0
    wide: bool = False


PLAIN_LOOK = Look()
WIDE_LOOK = Look(wide=True)
NO_PLACE = Place(INFINITE, NOBODY, 0, ())


class Draft:
    """A feasible plan but for required stops left out, which count `MUST` each. Copies share their tours."""

    __slots__ = ("cost", "instance", "may_open", "tours", "where")

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.tours: list[Tour | None] = [None] * len(instance.trucks)
        self.where = [NOBODY] * instance.stops
        self.cost = sum(instance.prize)
        self.may_open = True  # whether a parked vehicle may be taken into use to serve one more stop

    def copy(self) -> Draft:
        twin = Draft.__new__(Draft)
        twin.instance, twin.cost = self.instance, self.cost
        twin.tours, twin.where, twin.may_open = self.tours[:], self.where[:], self.may_open
        return twin

    def replace(self, truck: Truck, seq: list[int]) -> bool:
        """Give a truck another sequence (a bare pair of depots parks it). Stops it loses become nobody's."""
        old = self.tours[truck.index]
        tour = None
        if len(seq) > 2:
            tour = build_tour(self.instance, truck, seq)
            if tour is None:
                return False
        stops, prize = self.instance.stops, self.instance.prize
        if old is not None:
            self.cost -= old.cost
            for node in old.seq:
                if node < stops:
                    self.where[node] = NOBODY
                    self.cost += prize[node]
        if tour is not None:
            self.cost += tour.cost
            for node in tour.seq:
                if node < stops:
                    self.where[node] = truck.index
                    self.cost -= prize[node]
        self.tours[truck.index] = tour
        return True

    def serve(self, stop: int, limit: float, look: Look = PLAIN_LOOK) -> bool:
        """Insert a stop at the cheapest place that costs less than `limit`; False when there is none.

        Places are found by driving and service alone. A stop that opens late may also make the crew wait, so the
        first few places are then built in full and compared.
        """
        banned: set[Place] = set()
        chosen: list[tuple[float, Tour]] = []
        compared = COMPARED if self.instance.may_wait[stop] else 1
        for _ in range(ATTEMPTS if not look.wide else 10 * ATTEMPTS):
            place = self._cheapest(stop, limit, look, banned)
            if place.truck == NOBODY:
                break
            chosen += self._built(place)
            if len(chosen) == compared:
                break
            banned.add(place)
        if not chosen and look.wide and self.may_open:
            place = self._best_new_tour(stop, NO_PLACE._replace(extra=limit), look.ease, banned)
            chosen += self._built(place) if place.truck != NOBODY else []
        if not chosen:
            return False
        extra, tour = min(chosen, key=lambda pair: pair[0])
        if extra * look.ease >= limit:
            return False
        self.cost += extra - self.instance.prize[stop]
        self.tours[tour.truck.index] = tour
        self.where[stop] = tour.truck.index
        return True

    def _built(self, place: Place) -> list[tuple[float, Tour]]:
        """The tour with the stop at its place and what that costs; empty when the whole would break a rule."""
        truck, old = self.instance.trucks[place.truck], self.tours[place.truck]
        seq = [truck.start, truck.end] if old is None else old.seq
        tour = build_tour(self.instance, truck, [*seq[: place.after + 1], *place.nodes, *seq[place.after + 1 :]])
        return [] if tour is None else [(tour.cost - (0.0 if old is None else old.cost), tour)]

    def _cheapest(self, stop: int, limit: float, look: Look, banned: set[Place]) -> Place:
        best = NO_PLACE._replace(extra=limit)
        spots = self._spots_everywhere() if look.wide else self._spots_near(stop)
        tours = [
            (tour, spots[tour.truck.index]) for tour in self.tours if tour is not None and tour.truck.index in spots
        ]
        tours = [(tour, places) for tour, places in tours if self._has_room_today(tour, stop)]
        for tour, places in tours:
            best = self._best_in_trips(tour, stop, places, best, look, banned)
        if look.ease < 1 or best.truck == NOBODY:
            for tour, places in tours:
                if len(tour.trip_kg) < tour.truck.max_trips:
                    best = self._best_with_disposal(tour, stop, places, best, look.ease, banned)
        return self._best_new_tour(stop, best, look.ease, banned) if self.may_open else best

    def _spots_everywhere(self) -> dict[int, list[int]]:
        return {tour.truck.index: list(range(len(tour.seq) - 1)) for tour in self.tours if tour is not None}

    def _spots_near(self, stop: int) -> dict[int, list[int]]:
        """Positions beside neighbours of the stop, and round the depots and disposals of the tours these are in."""
        spots: dict[int, list[int]] = {}
        tours, where, seen = self.tours, self.where, 0
        for other in self.instance.near[stop]:
            index = where[other]
            if index >= 0:
                tour = tours[index]
                assert tour is not None  # noqa: S101 - `where` never names a parked truck
                place = tour.pos[other]
                if index in spots:
                    spots[index] += (place - 1, place)
                else:
                    spots[index] = [0, len(tour.seq) - 3, place - 1, place]
                seen += 1
                if seen == SERVED_NEIGHBOURS:
                    break
        if not spots:
            spots = {t.truck.index: [0, len(t.seq) - 3] for t in tours if t is not None}
        return spots

    def _has_room_today(self, tour: Tour, stop: int) -> bool:
        truck, instance = tour.truck, self.instance
        return (
            truck.can[stop]
            and tour.stops < truck.max_stops
            and tour.day_kg + instance.kg[stop] <= truck.day_kg
            and tour.day_l + instance.l[stop] <= truck.day_l
        )

    def _best_in_trips(
        self, tour: Tour, stop: int, places: list[int], best: Place, look: Look, banned: set[Place]
    ) -> Place:
        """Cheapest place in a trip with room, looked for quickly: `insert` then checks the whole tour."""
        instance, truck, seq, rng = self.instance, tour.truck, tour.seq, look.rng
        kg_room, l_room = truck.kg - instance.kg[stop], truck.l - instance.l[stop]
        trip_of, trip_kg, trip_l = tour.trip_of, tour.trip_kg, tour.trip_l
        if min(trip_kg) > kg_room or min(trip_l) > l_room:
            return best
        arc, drive_s, windows = truck.arc, truck.drive_s, instance.windows[stop]
        arc_on, drive_on, serve = arc[stop], drive_s[stop], truck.serve[stop]
        service_s, leave_s, latest_s = instance.service_s[stop], tour.leave_s, tour.latest_s
        extra_best, trips = best.extra, len(trip_kg)
        for after in places:
            here, there, trip = seq[after], seq[after + 1], trip_of[after]
            if trip == trips or trip_kg[trip] > kg_room or trip_l[trip] > l_room:
                continue
            arc_here = arc[here]
            extra = arc_here[stop] + arc_on[there] - arc_here[there] + serve
            if extra >= extra_best or (rng is not None and rng.random() < BLINK_SHARE):
                continue
            clock = leave_s[after] + drive_s[here][stop]
            if windows:
                start = next_start(windows, clock)
                if start is None:
                    continue
                clock = start
            if clock + service_s + drive_on[there] > latest_s[after + 1]:
                continue
            place = Place(extra, truck.index, after, (stop,))
            if place not in banned and not self._refused(tour, stop, after):
                best, extra_best = place, extra
        return best

    def _best_with_disposal(
        self, tour: Tour, stop: int, places: list[int], best: Place, ease: float, banned: set[Place]
    ) -> Place:
        """Start another trip for the stop: unload right before or right after it."""
        truck, seq, stops = tour.truck, tour.seq, self.instance.stops
        arc, arc_on = truck.arc, truck.arc[stop]
        for site in truck.sites:
            least = truck.serve[stop] + truck.serve[site]
            if (least + arc_on[site]) * ease >= best.extra:
                continue  # seldom wrong: going on from the site is hardly cheaper than going on from before the stop
            arc_off = arc[site]
            for after in places:
                here, there = seq[after], seq[after + 1]
                arc_here = arc[here]
                base = least - arc_here[there]
                before = (base + arc_here[site] + arc_off[stop] + arc_on[there]) * ease
                behind = (base + arc_here[stop] + arc_on[site] + arc_off[there]) * ease
                if behind < best.extra:
                    place = Place(behind, truck.index, after, (stop, site))
                    if place not in banned and self._in_time(tour, place):
                        best = place
                if before < best.extra and here < stops and after < len(seq) - 2:
                    place = Place(before, truck.index, after, (site, stop))
                    if place not in banned and self._in_time(tour, place):
                        best = place
        return best

    def _in_time(self, tour: Tour, place: Place) -> bool:
        """Tell whether the tour can take the new nodes in and still reach what comes after."""
        instance, drive_s = self.instance, tour.truck.drive_s
        here, clock = tour.seq[place.after], tour.leave_s[place.after]
        for node in place.nodes:
            start = next_start(instance.windows[node], clock + drive_s[here][node])
            if start is None:
                return False
            here, clock = node, start + instance.service_s[node]
        return clock + drive_s[here][tour.seq[place.after + 1]] <= tour.latest_s[place.after + 1]

    def _best_new_tour(self, stop: int, best: Place, ease: float, banned: set[Place]) -> Place:
        seen: set[int] = set()
        instance = self.instance
        for truck, tour in zip(instance.trucks, self.tours, strict=True):
            if tour is None and truck.kind not in seen:
                seen.add(truck.kind)
                if not truck.can[stop] or instance.kg[stop] > truck.kg or instance.l[stop] > truck.l:
                    continue
                cost, site = instance.solo(truck, stop)
                place = Place(cost * ease, truck.index, 0, (stop, site))
                if place.extra < best.extra and place not in banned:
                    best = place
        return best

    def _refused(self, tour: Tour, stop: int, after: int) -> bool:
        """Tell whether the site at the end of this trip takes other waste only."""
        instance = self.instance
        if not instance.mixed:
            return False
        site = next(node for node in tour.seq[after + 1 :] if instance.stops <= node < instance.sites_end)
        return bool(instance.stream[stop] & ~instance.accepts[site])
