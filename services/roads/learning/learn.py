"""The night's work: yesterday's positions to passes, all passes to speeds, speeds to the graphs of each band."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from services.city.registry import Registry
from services.roads.learning.matcher import Matcher, open_matcher
from services.roads.learning.passes import DayPasses
from services.roads.learning.profile import ProfileSpeeds
from services.roads.learning.store import (
    DayLearned,
    drop_days_before,
    list_learned_days,
    list_new_days,
    medians,
    store_day,
)
from services.roads.osm.bands import Variants, make_variant, use_variants, write_speeds
from services.roads.osm.city_roads import find_roads, vehicles_of
from services.roads.osm.errors import GraphUnfit
from services.roads.osm.extract import sha256_of
from services.roads.osm.store import RoadStore
from services.roads.reach import city_places
from services.roads.roads import RoadVehicle, road_vehicle
from services.roads.speeds import BANDS, Learned, band_name, band_speeds
from services.roads.store import tracks_between
from services.store.connection import Connection
from services.times import instant_of

KEEP_DAYS = 90
"""As long as positions are kept by default: a season, so that works and closures are forgotten."""
LOOK_BACK_DAYS = 14
"""Nights that nobody learned in are made up for."""
MATCHING = "matching"

type Told = Callable[[str, float], None]
type Medians = Callable[[str, int], Iterable[Learned]]
"""By road profile and band."""


@dataclass(frozen=True)
class SpeedsLearned:
    """What a run did, and how many segments of each band have a learned speed now, by kind of vehicle."""

    days: tuple[DayLearned, ...]
    segments: dict[str, dict[int, int]]


class Learner:
    """One city's roads and what they are learned with. Run twice, the same comes out; killed, it goes on."""

    def __init__(self, registry: Registry, data: Path, extract: Path) -> None:
        """Open the roads in use and what positions are matched with, which is built the first time.

        Raises:
            GraphUnfit: no roads were built, or of another extract.
            EngineMissing, ExtractUnusable, GraphBroken: they cannot be used on this machine.
        """
        roads = find_roads(registry.city.id, data)
        if roads is None:
            raise GraphUnfit(f"{registry.city.id}: no roads were built; run `tournee roads build` first")
        if sha256_of(extract) != roads.manifest.sha256:
            raise GraphUnfit(f"{extract}: not the extract that the roads were built from; run `tournee roads build`")
        self._registry, self._roads, self._extract = registry, roads, extract
        self._store = RoadStore(data, registry.city.id)
        self._places = city_places(registry)[1]
        self._matcher: Matcher | None = None
        self._profiles: dict[RoadVehicle, ProfileSpeeds] = {}

    def learn(self, connection: Connection, days: Sequence[date], *, now: datetime, told: Told) -> SpeedsLearned:
        """Learn from these days, then from all days kept make the graphs of each band.

        Raises:
            BuildRunning: roads are being built or learned.
            GraphBroken: Valhalla or OSRM failed; days that were stored stay, the graphs in use too.
        """
        zone, city = self._registry.city.zone_info, self._registry.city.id
        since = now.astimezone(zone).date() - timedelta(days=KEEP_DAYS)
        with self._store.building() as beside:
            done = []
            for number, day in enumerate(days):
                told("matching positions", number / len(days))
                done.append(self._learn_day(connection, day, now, since))
            told("matching positions", 1.0)
            known = list_learned_days(connection, city, since)
            with connection.transaction():

                def read(profile: str, band: int) -> Iterable[Learned]:
                    return medians(connection, city, profile, band, since)

                segments = self.apply(read, known, beside, now=now, told=told)
        return SpeedsLearned(tuple(done), segments)

    def apply(
        self, read: Medians, days: tuple[date, ...], beside: Path, *, now: datetime, told: Told
    ) -> dict[str, dict[int, int]]:
        """Make and use the graph of each band in which somebody drove, for each kind of vehicle."""
        segments = {}
        for vehicle in vehicles_of(self._registry):
            graph = self._roads.graph_folder(vehicle)
            names: dict[int, str] = {}
            counts: dict[int, int] = {}
            for band in BANDS:
                file = beside / f"{vehicle.graph}-{band_name(band)}.csv"
                known = self._known(vehicle, read(vehicle.profile, band))
                if known:
                    counts[band] = len(known)
                    write_speeds(file, band_speeds(known, self.profile_speeds(vehicle).network()))
                    names[band] = make_variant(graph, band, file, beside, told)
            use_variants(graph, Variants(learned_at=now, days=days, bands=names, segments=counts))
            self._roads.warm(vehicle, self._places)
            segments[vehicle.graph] = counts
        return segments

    def passes(self) -> DayPasses:
        """An empty day."""
        return DayPasses(self.matcher, self._places.lonlat, self._registry.city.zone_info)

    @property
    def matcher(self) -> Matcher:
        """What positions are matched with; built the first time."""
        if self._matcher is None:
            folder = self._store.folder / MATCHING
            self._matcher = open_matcher(self._extract, self._roads.manifest.sha256, folder)
        return self._matcher

    def profile_speeds(self, vehicle: RoadVehicle) -> ProfileSpeeds:
        """What the graph says of itself."""
        if vehicle not in self._profiles:
            self._profiles[vehicle] = ProfileSpeeds(self._roads.engine(vehicle), self.matcher.streets)
        return self._profiles[vehicle]

    def _learn_day(self, connection: Connection, day: date, now: datetime, since: date) -> DayLearned:
        """One transaction: killed, the day was never learned; learned again, it replaces itself."""
        city, passes = self._registry.city.id, self.passes()
        classes = {row.id: row for row in self._registry.truck_classes}
        vehicles = {truck.id: road_vehicle(classes[truck.truck_class]) for truck in self._registry.trucks}
        begin, end = bounds_of(day, self._registry)
        with connection.transaction():
            for truck, fixes in tracks_between(connection, city, begin, end):
                if (vehicle := vehicles.get(truck)) is not None:  # one that was sold may have been any vehicle
                    passes.add(fixes, vehicle.profile, self.profile_speeds(vehicle))
            learned = DayLearned(day, passes.fixes, passes.matched, passes.passes)
            store_day(connection, city, learned, passes.samples, now)
            drop_days_before(connection, city, since)
        return learned

    def _known(self, vehicle: RoadVehicle, learned: Iterable[Learned]) -> list[tuple[Learned, float]]:
        """With the profile's km/h; without segments that the vehicle's graph does not know."""
        graph = self.profile_speeds(vehicle)
        asked = ((segment, graph.kmh(segment.pair)) for segment in learned)
        return [(segment, profile_kmh) for segment, profile_kmh in asked if profile_kmh is not None]


def days_to_learn(connection: Connection, registry: Registry, now: datetime) -> tuple[date, ...]:
    """The days before today with positions that nobody learned from yet."""
    today = now.astimezone(registry.city.zone_info).date()
    days = [today - timedelta(days=back) for back in range(LOOK_BACK_DAYS, 0, -1)]
    return list_new_days(connection, registry.city.id, [(day, *bounds_of(day, registry)) for day in days])


def bounds_of(day: date, registry: Registry) -> tuple[datetime, datetime]:
    """The city's own day, from midnight to midnight."""
    zone = registry.city.zone_info
    return instant_of(day, 0, zone), instant_of(day + timedelta(days=1), 0, zone)
