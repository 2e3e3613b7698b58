"""From the registry and the forecasts to the solver's problem, and from its solution to the plan's circuits.

Mapping is simple; routing is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

import routing
from services.city.registry import Container, DisposalSite, Registry, Truck, TruckClass
from services.contracts.fields import scope_name
from services.contracts.planning import Circuit, ContainerForecast, PlanDay, Totals, Visit
from services.roads.reach import city_places, served_from
from services.roads.roads import EstimatedRoads, Places, Roads, RoadTable, RoadVehicle, road_vehicle, walk_s
from services.times import instant_of, seconds_of_day


def problem_of_day(
    registry: Registry,
    forecasts: Iterable[ContainerForecast],
    day: date,
    *,
    name: str,
    roads: Roads | None = None,
    from_s: int = 0,
) -> routing.Problem:
    """The problem of emptying these containers on this day; on estimated roads unless others are given.

    Nobody leaves before `from_s`, in local seconds: a day that is planned at seven does not begin at six.

    Locations: depots, disposal sites, then one for each container, in the order given. A container that a truck cannot
    reach on its roads is not for that truck; one that no truck reaches is no stop, since a plan can neither serve it
    nor do without it where it is required. The walk from the street to a container is part of its service.
    """
    roads = roads or EstimatedRoads(registry.city.roads)
    containers = {container.id: container for container in registry.containers}
    wanted = [(containers[f.container], f) for f in forecasts]
    rows, places = city_places(registry, [container for container, _ in wanted])
    first_site, first_stop = len(registry.depots), len(registry.depots) + len(registry.disposal_sites)
    prices = registry.city.prices
    fleet = _Fleet(registry, roads, places)
    return routing.Problem(
        name=name,
        prices=routing.Prices(prices.fuel_per_l, prices.crew_per_h, registry.city.currency),
        locations=tuple(routing.Location(place.lon, place.lat) for place in rows),
        matrices={profile: table.matrix() for profile, table in fleet.tables.items()},
        depots=tuple(routing.Depot(depot.id, i) for i, depot in enumerate(registry.depots)),
        disposal_sites=tuple(_site(s, first_site + i, day) for i, s in enumerate(registry.disposal_sites)),
        vehicles=tuple(_from(_vehicle(truck, fleet), from_s) for truck in fleet.trucks),
        stops=tuple(
            _stop(c, f, first_stop + i, registry, fleet)
            for i, (c, f) in enumerate(wanted)
            if fleet.has_road(c, first_stop + i)
        ),
    )


def problem_name(order: PlanDay, registry_version: int | None) -> str:
    """The problem's: whose day it is, and the registry it was made from."""
    of_version = "" if registry_version is None else f", registry version {registry_version}"
    return f"{scope_name(order.city, order.fleet)} {order.day}{of_version}"


class _Fleet:
    """The trucks in service on their roads. `tables` go by profile, rows are those of `city_places`.

    A problem has one matrix for each profile, whatever the hour. So trucks of one kind with different shifts have
    profiles of their own where speeds were learned: those of the hours that their shift covers, each by its share.
    """

    def __init__(self, registry: Registry, roads: Roads, places: Places) -> None:
        self.trucks = [truck for truck in registry.trucks if truck.in_service]
        self.classes = {truck_class.id: truck_class for truck_class in registry.truck_classes}
        self.profiles: dict[str, str] = {}
        self.tables: dict[str, RoadTable] = {}
        for truck in self.trucks:
            vehicle = road_vehicle(self.classes[truck.truck_class], shift_of(truck))
            self.profiles[truck.id] = self._add(vehicle, roads, places)
        if not self.trucks:
            for truck_class in registry.truck_classes:
                self._add(road_vehicle(truck_class), roads, places)
        self._reached = self._reaching(registry)

    def _add(self, vehicle: RoadVehicle, roads: Roads, places: Places) -> str:
        profile = roads.name(vehicle)
        if profile not in self.tables:
            self.tables[profile] = roads.table(vehicle, places)
        return profile

    def welcome(self, container: Container) -> list[Truck]:
        """Those that the container lets come, whatever the roads."""
        classes = container.truck_classes
        return [truck for truck in self.trucks if not classes or truck.truck_class in classes]

    def able(self, container: Container, location: int) -> list[Truck]:
        """Of those, the ones whose roads lead there, on to a site for its stream, and home."""
        stream = container.stream
        return [t for t in self.welcome(container) if self._reached[self.profiles[t.id], t.depot, stream][location]]

    def has_road(self, container: Container, location: int) -> bool:
        """False where trucks are meant for it and no street leads any of them there. No truck, no blame on roads."""
        carriers = {t.id for t in self.welcome(container) if container.stream in t.streams}
        return not carriers or any(truck.id in carriers for truck in self.able(container, location))

    def service_s(self, base_s: int, location: int, trucks: Iterable[Truck]) -> int:
        """With the longest walk that any of these trucks leaves to its crew, so that no plan is too hopeful."""
        profiles = {self.profiles[truck.id] for truck in trucks}
        walks_s = [walk_s(float(self.tables[profile].off_m[location])) for profile in profiles]
        return base_s + max(walks_s, default=0)

    def _reaching(self, registry: Registry) -> dict[tuple[str, str, str], np.ndarray]:
        homes = {depot.id: number for number, depot in enumerate(registry.depots)}
        first = len(registry.depots)
        streams = {container.stream for container in registry.containers}
        sites = {
            stream: [first + i for i, site in enumerate(registry.disposal_sites) if stream in site.streams]
            for stream in streams
        }
        # A stream that no site takes is the solver's to explain: here every site will do.
        every = list(range(first, first + len(registry.disposal_sites)))
        return {
            (profile, depot, stream): served_from(self.tables[profile], homes[depot], sites[stream] or every)
            for profile, depot in {(self.profiles[t.id], t.depot) for t in self.trucks}
            for stream in streams
        }


def circuits_of(
    solution: routing.Solution, problem: routing.Problem, day: date, registry: Registry
) -> tuple[Circuit, ...]:
    """The solver's routes as circuits with instants and positions, numbered by the order of departure."""
    routes = sorted(solution.routes, key=lambda route: (route.visits[0].leave_s, route.vehicle))
    return tuple(_circuit(n, route, problem, day, registry) for n, route in enumerate(routes, start=1))


def fuel_models(registry: Registry) -> dict[str, routing.FuelModel]:
    """The fuel model of each truck, by id."""
    classes = {c.id: routing.FuelModel(c.drive_l_per_km, c.per_stop_l, c.idle_l_per_h) for c in registry.truck_classes}
    return {truck.id: classes[truck.truck_class] for truck in registry.trucks}


def totals_of(circuits: Sequence[Circuit]) -> Totals:
    """The sums over circuits."""
    return Totals(
        circuits=len(circuits),
        stops=sum(len(c.stops) for c in circuits),
        trips=sum(c.trips for c in circuits),
        distance_m=sum(c.distance_m for c in circuits),
        fuel_l=round(sum(c.fuel_l for c in circuits), 2),
        duty_s=sum(c.duty_s for c in circuits),
    )


def _site(site: DisposalSite, location: int, day: date) -> routing.DisposalSite:
    opening: tuple[tuple[int, int], ...] = ()
    if site.is_open_on(day) and site.open_from is not None and site.open_to is not None:
        opening = ((seconds_of_day(site.open_from), seconds_of_day(site.open_to)),)
    return routing.DisposalSite(site.id, location, site.service_s, opening, frozenset(site.streams))


def shift_of(truck: Truck) -> tuple[int, int]:
    return seconds_of_day(truck.shift_from), seconds_of_day(truck.shift_to)


def _from(vehicle: routing.Vehicle, from_s: int) -> routing.Vehicle:
    begins_s, ends_s = vehicle.shift
    return replace(vehicle, shift=(min(max(begins_s, from_s), ends_s), ends_s))


def _vehicle(truck: Truck, fleet: _Fleet) -> routing.Vehicle:
    truck_class: TruckClass = fleet.classes[truck.truck_class]
    rest = None
    if truck.break_s and truck.break_from is not None and truck.break_to is not None:
        rest = routing.Break(truck.break_s, (seconds_of_day(truck.break_from), seconds_of_day(truck.break_to)))
    return routing.Vehicle(
        id=truck.id,
        profile=fleet.profiles[truck.id],
        start_depot=truck.depot,
        end_depot=truck.depot,
        shift=shift_of(truck),
        capacity_kg=truck_class.capacity_kg,
        # Containers are measured as the waste lies in them; the press makes room.
        capacity_l=truck_class.capacity_l * truck_class.compaction,
        streams=frozenset(truck.streams),
        fuel=routing.FuelModel(truck_class.drive_l_per_km, truck_class.per_stop_l, truck_class.idle_l_per_h),
        max_trips=truck_class.max_trips,
        rest=rest,
        fixed_cost=truck_class.fixed_cost,
    )


def _stop(container: Container, f: ContainerForecast, location: int, registry: Registry, fleet: _Fleet) -> routing.Stop:
    kinds = {kind.id: kind for kind in registry.container_kinds}
    windows: tuple[tuple[int, int], ...] = ()
    if container.window_from is not None and container.window_to is not None:
        windows = ((seconds_of_day(container.window_from), seconds_of_day(container.window_to)),)
    able = fleet.able(container, location)
    # None of them: an empty set, and the container is told that no truck may serve it.
    is_for_all = len(able) == len(fleet.trucks) and not container.truck_classes
    allowed = None if is_for_all else frozenset(t.id for t in able)
    return routing.Stop(
        id=container.id,
        location=location,
        demand_kg=f.demand_kg,
        demand_l=f.demand_l,
        service_s=fleet.service_s(kinds[container.kind].service_s, location, able),
        stream=container.stream,
        windows=windows,
        required=f.required,
        prize=f.prize,
        vehicles=allowed,
    )


def _circuit(number: int, route: routing.Route, problem: routing.Problem, day: date, registry: Registry) -> Circuit:
    zone = registry.city.zone_info
    places = {
        (kind, place.id): place.location
        for kind, rows in (("depot", problem.depots), ("disposal", problem.disposal_sites), ("stop", problem.stops))
        for place in rows
    }
    visits, distance_m, service_s, here = [], 0, 0, None
    vehicle = next(v for v in problem.vehicles if v.id == route.vehicle)
    for visit, load in zip(route.visits, route.loads(problem), strict=True):
        there = places.get((visit.kind.value, visit.id))
        where = problem.locations[there] if there is not None else None
        if there is not None:
            distance_m += int(problem.matrices[vehicle.profile].distance_m[here, there]) if here is not None else 0
            here = there
        service_s += visit.leave_s - visit.start_s if visit.kind in {"stop", "disposal"} else 0
        visits.append(
            Visit(
                kind=visit.kind.value,
                place=visit.id if there is not None else None,
                lon=where.lon if where else None,
                lat=where.lat if where else None,
                arrive_at=instant_of(day, visit.arrive_s, zone),
                start_at=instant_of(day, visit.start_s, zone),
                leave_at=instant_of(day, visit.leave_s, zone),
                load_kg=round(load.kg, 1),
                load_l=round(load.l, 1),
            )
        )
    return Circuit(
        number=number,
        truck=route.vehicle,
        distance_m=distance_m,
        fuel_l=round(routing.litres(vehicle.fuel, distance_m, len(route.stop_ids), service_s), 2),
        duty_s=route.duty_s,
        trips=route.trips,
        visits=tuple(visits),
    )
