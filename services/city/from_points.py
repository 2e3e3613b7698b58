"""A whole city from a plain list of its containers: what the list cannot know is assumed, and marked as assumed."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Required, TypedDict, Unpack

import numpy as np

from services.city import assumed
from services.city.consequences import AssumedFleet, consequences
from services.city.fields import WEEKDAYS, Weekday
from services.city.geometry import M_PER_DEGREE, Points, hull_around
from services.city.latin import unique_ids
from services.city.points import ListOptions, PointList, read_points
from services.city.registry import BaselineStop, City, Container, Depot, DisposalSite, Registry, Truck, TruckClass, Zone
from services.city.rounds import RoundPlaces, fixed_rounds, nearest_neighbour

ZONE = "city"
DEPOT = "depot"
SITE = "disposal-site"
# Rounds drive on the first or the second of these in turn: each container three times a week.
DAYS: tuple[tuple[Weekday, ...], ...] = (("mon", "wed", "fri"), ("tue", "thu", "sat"))

ASSUMED = {
    "city.toml": "fuel costs 1, so every cost is in litres of fuel; the other prices follow it",
    "zones.geojson": "one zone around all containers, population unknown (0)",
    "container_kinds.csv": "seconds to empty one, kg per litre, filling per day",
    "containers.csv": "no sensors, no time windows, any truck may come",
    "truck_classes.csv": "one class, 82 L/100 km (the average of US refuse trucks)",
    "trucks.csv": "shifts from 06:00 to 14:00, and unless you said how many, enough to empty all in one day",
    "depots.csv": "one depot, in the middle of the containers",
    "disposal_sites.csv": "open 06:00 to 18:00, and 8 km north of the northernmost container unless you said where",
    "baseline.csv": "three rounds a week, nearest container first: savings against it are not real savings",
}
"""The files that hold assumptions, and which. `City.assumptions` lists those that are still to be completed."""

type LonLat = tuple[float, float]


class About(TypedDict, total=False):
    """What is said of a city beside its list; see `make_city`."""

    city_id: Required[str]
    name: Required[str]
    timezone: str
    currency: str
    fuel_per_l: float | None
    population: int
    trucks: int | None
    depot: LonLat | None
    disposal: LonLat | None
    large: assumed.Large | None


@dataclass(frozen=True)
class MadeCity:
    """A city made of a list, and what its assumptions lead to: to be read before it is used."""

    registry: Registry
    consequences: tuple[str, ...]


def from_points(csv_path: Path, options: ListOptions | None = None, **about: Unpack[About]) -> Registry:
    """The registry that `make_city` makes of a list.

    Raises:
        WrongFile: the list has wrong cells, or leaves open what `options` could say.
        pydantic.ValidationError: as `make_city`.
    """
    return make_city(read_points(csv_path, options), **about).registry


def make_city(
    points: PointList,
    *,
    city_id: str,
    name: str,
    timezone: str = "UTC",
    currency: str = "USD",
    fuel_per_l: float | None = None,
    population: int = 0,
    trucks: int | None = None,
    depot: LonLat | None = None,
    disposal: LonLat | None = None,
    large: assumed.Large | None = None,
) -> MadeCity:
    """A city whose registry passes `check`, with a warning for each assumption.

    Args:
        points: the list.
        city_id: small letters, digits and '-', at most 32.
        name: the city's name.
        timezone: of the IANA database.
        currency: ISO 4217.
        fuel_per_l: price of fuel; None = 1, so that costs are counted in litres of fuel.
        population: people in the city, 0 = not known.
        trucks: how many there are; None = enough to empty every container on one day.
        depot: lon, lat in degrees; None = the median of the containers.
        disposal: lon, lat in degrees; None = 8 km north of the northernmost container.
        large: what containers over `assumed.LARGE_L` are; None = by their size.

    Raises:
        pydantic.ValidationError: city_id, name, timezone, currency or a number is not what it has to be.
    """
    price = assumed.FUEL_PRICE if fuel_per_l is None else fuel_per_l
    known = {"city.toml": fuel_per_l is not None, "zones.geojson": population > 0, "depots.csv": depot is not None}
    city = City.model_validate(
        {
            "schema": "tournee/city/1",
            "id": city_id,
            "name": name,
            "timezone": timezone,
            "currency": currency,
            "assumptions": tuple(file for file in ASSUMED if not known.get(file)),
            "prices": assumed.prices(price),
            "planning": assumed.planning(price),
        }
    )
    containers = _containers(points, large)
    depot_at = np.median(points.positions, axis=0).round(6) if depot is None else np.array(depot)
    site_at = _north_of(points.positions) if disposal is None else np.array(disposal)
    order = nearest_neighbour(points.positions, depot_at)

    def fleet_for(kinds: assumed.Large | None, count: int | None = None) -> AssumedFleet:
        """The trucks and their rounds, large containers being of these kinds."""
        litres = [point.litres for point in points.points]
        body = assumed.truck_class(max(litres), price, kinds)
        service_s = [assumed.service_s(size, kinds) for size in litres]
        places = RoundPlaces(points.positions, litres, service_s, depot_at, site_at)
        return AssumedFleet(body, fixed_rounds(order, places, body, count))

    # As many as can empty everything on one day: on its first day, a city knows of no container that could wait.
    assumed_fleet = fleet_for(large, None if trucks is None else trucks * len(DAYS))
    fleet = _trucks(trucks or assumed_fleet.trucks, assumed_fleet.body)
    registry = Registry(
        city=city,
        zones=(Zone(id=ZONE, name=city.name, population=population),),
        zone_shapes={ZONE: _shape(points.positions)},
        container_kinds=assumed.kinds({container.kind for container in containers}),
        containers=containers,
        truck_classes=(assumed_fleet.body,),
        trucks=fleet,
        depots=(Depot(id=DEPOT, name="Depot", lon=float(depot_at[0]), lat=float(depot_at[1])),),
        disposal_sites=(_site(site_at),),
        baseline=_baseline(assumed_fleet.rounds, containers, fleet),
    )
    return MadeCity(registry, consequences(points, fleet_for, trucks, large))


def notes(city: City, consequences: Sequence[str] = ()) -> tuple[str, ...]:
    """What to do next, for the top of `city.toml`, after what the assumptions lead to."""
    return (
        f"{city.name}: made from a plain list of containers. What the list could not tell is assumed:",
        "",
        *(f"  {file}: {ASSUMED[file]}" for file in city.assumptions if file in ASSUMED),
        *(line for text in consequences for line in ("", *textwrap.wrap(text, 110, break_on_hyphens=False))),
        "",
        "Put your own figures into these files, and take each out of `assumptions` once it is yours. Until then every",
        "page says that its figures rest on assumptions. docs/city-folder.md explains each file and column.",
        "Then: tournee city check FOLDER, and: tournee city load FOLDER",
    )


def _containers(points: PointList, large: assumed.Large | None) -> tuple[Container, ...]:
    ids = unique_ids([point.name for point in points.points])
    return tuple(
        Container(
            id=container_id,
            name=point.name,
            lon=point.lon,
            lat=point.lat,
            kind=assumed.kind_of(point.litres, large),
            capacity_l=point.litres,
            zone=ZONE,
            sensor=False,
        )
        for container_id, point in zip(ids, points.points, strict=True)
    )


def _shape(positions: Points) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [hull_around(positions, assumed.ZONE_MARGIN_M)]}


def _north_of(positions: Points) -> Points:
    """Due north: inland for the ports of the Gulf of Guinea, where the open side of a city is the south."""
    north = float(positions[:, 1].max()) + assumed.SITE_HAUL_M / M_PER_DEGREE
    return np.array([round(float(np.median(positions[:, 0])), 6), round(min(north, 90.0), 6)])


def _site(at: Points) -> DisposalSite:
    return DisposalSite(
        id=SITE,
        name="Disposal site",
        lon=float(at[0]),
        lat=float(at[1]),
        service_s=assumed.DISPOSAL_S,
        open_from=assumed.SHIFT_FROM,
        open_to=assumed.SHIFT_TO.replace(hour=18),
        weekdays=WEEKDAYS,
    )


def _trucks(count: int, body: TruckClass) -> tuple[Truck, ...]:
    return tuple(
        Truck(
            id=f"truck-{number}",
            truck_class=body.id,
            depot=DEPOT,
            shift_from=assumed.SHIFT_FROM,
            shift_to=assumed.SHIFT_TO,
            break_s=assumed.BREAK_S,
            break_from=assumed.BREAK_FROM,
            break_to=assumed.BREAK_TO,
        )
        for number in range(1, count + 1)
    )


def _baseline(
    rounds: Sequence[Sequence[int]], containers: Sequence[Container], fleet: Sequence[Truck]
) -> tuple[BaselineStop, ...]:
    """Rounds in turn on the first and the second days; a truck has one round, or one on each, never more."""
    return tuple(
        BaselineStop(
            circuit=f"round-{number + 1}",
            truck=fleet[number * len(fleet) // len(rounds)].id,
            weekdays=DAYS[number % len(DAYS)],
            position=position,
            container=containers[index].id,
        )
        for number, stops in enumerate(rounds)
        for position, index in enumerate(stops, start=1)
    )
