"""The open data sets: their columns, where their rows come from, and when they changed last. No personal data in any.

What a crew did is told by the day and the circuit, never by the minute, the truck or the driver.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from services.city.registry import City
from services.contracts.coverage import STEPS, CoverageComputed, ZoneCoverage
from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.times import instant_of
from services.web.figures.store import ZoneRow, list_zones
from services.web.public import store

type Kind = Literal["text", "number", "whole", "day", "instant", "yes or no"]
type Row = dict[str, Any]
Form = Literal["csv", "json", "geojson"]

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
USUAL_DAYS = 31
"""Up to yesterday, where nobody asks for other days."""
MOST_ROWS, USUAL_ROWS = 10_000, 1_000


class Column(NamedTuple):
    name: str
    kind: Kind
    unit: str = ""


@dataclass(frozen=True)
class Asked:
    """A page of a data set. `last` is before today: what is under way is nobody's to see but the office's."""

    city: City
    first: date
    last: date
    limit: int = USUAL_ROWS
    offset: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """For the queries. One row more than asked tells whether there is a next page."""
        zone = self.city.zone_info
        return {
            "city": self.city.id, "first": self.first, "last": self.last, "limit": self.limit + 1,
            "offset": self.offset, "timezone": self.city.timezone, "from": instant_of(self.first, 0, zone),
            "until": instant_of(self.last + timedelta(days=1), 0, zone),
        }  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    name: str
    columns: tuple[Column, ...]
    read: Callable[[Connection, Asked], list[Row]]
    """Rows by column name, with `geometry` (GeoJSON or None) where the set has one; at most one more than `limit`."""
    changed: Callable[[Connection, Asked], datetime | None]
    has_geometry: bool = True

    @property
    def forms(self) -> tuple[Form, ...]:
        return ("csv", "json", "geojson") if self.has_geometry else ("csv", "json")


def _read(query: str) -> Callable[[Connection, Asked], list[Row]]:
    return lambda connection, asked: store.list_rows(connection, query, asked.values)


def _changed(query: str) -> Callable[[Connection, Asked], datetime | None]:
    return lambda connection, asked: store.find_changed(connection, query, asked.values)


def _coverage_rows(connection: Connection, asked: Asked) -> list[Row]:
    """A row a zone and day, the latest line of each day."""
    shapes = {zone["zone_id"]: zone for zone in list_zones(connection, asked.city.id)}
    rows = []
    for told in store.list_coverage(connection, asked.values):
        rows += [_coverage_row(told, zone, shapes.get(zone.zone)) for zone in told.zones]
    return rows[asked.offset : asked.offset + asked.limit + 1]


def _coverage_row(told: CoverageComputed, zone: ZoneCoverage, shape: ZoneRow | None) -> Row:
    cost = zone.cost
    return {
        "day": told.day,
        "zone": zone.zone,
        "zone_name": shape["name"] if shape else None,
        "population": zone.population,
        "assigned_people": zone.assigned_people,
        "served_people": round(zone.served_people, 1),
        **{f"{step}_people": getattr(zone, step) for step in STEPS},
        "nearest_served_m": zone.nearest_served_m,
        "walk_m": told.walk_m,
        "times_a_week": told.times_a_week,
        "weeks_known": told.weeks_known,
        "people_from": told.people_from,
        "cost_points": cost.points if cost else None,
        "cost_fuel_l": cost.fuel_l if cost else None,
        "cost_crew_s": cost.crew_s if cost else None,
        "cost_money": cost.money if cost else None,
        "currency": told.currency,
        "simulated": told.simulated,
        "geometry": shape["geometry"] if shape else None,
    }


def _savings_rows(connection: Connection, asked: Asked) -> list[Row]:
    lines = store.list_savings(connection, asked.city.id, asked.first, asked.last)
    return [savings_row(line) for line in lines[asked.offset : asked.offset + asked.limit + 1]]


_NESTED = {"driven", "baseline", "zones", "measured", "works", "errors", "by_cause", "weighed"}


def savings_row(line: SavingsComputed) -> Row:
    """A line of the ledger flat, without what single trucks did."""
    row = line.model_dump(exclude=_NESTED)
    row |= line.by_cause.model_dump() if line.by_cause else {}
    row |= line.weighed.model_dump() if line.weighed else {}
    row |= {name: " ".join(getattr(line, name)) for name in ("reasons", "provisional", "events")}
    for side, figures in (("driven", line.driven), ("baseline", line.baseline)):
        if figures is not None:
            row |= {f"{side}_{name}": value for name, value in figures.model_dump().items()}
            row |= {f"{side}_fuel_l_per_stop": figures.fuel_l_per_stop, f"{side}_fuel_l_per_t": figures.fuel_l_per_t}
    return row


CONTAINERS = Dataset(
    "containers",
    (
        Column("container", "text"), Column("name", "text"), Column("zone", "text"), Column("zone_name", "text"),
        Column("kind", "text"), Column("stream", "text"), Column("capacity_l", "number", "L"),
        Column("lon", "number", "°"), Column("lat", "number", "°"), Column("sensor", "yes or no"),
        Column("fleet", "text"),
    ),
    _read("list_open_containers"),
    _changed("find_containers_changed"),
)  # fmt: skip
CIRCUITS = Dataset(
    "circuits",
    (
        Column("day", "day"), Column("fleet", "text"), Column("circuit", "whole"), Column("stops_planned", "whole"),
        Column("stops_done", "whole"), Column("stops_skipped", "whole"), Column("planned_distance_m", "number", "m"),
        Column("planned_fuel_l", "number", "L"), Column("planned_duty_s", "number", "s"),
    ),
    _read("list_open_circuits"),
    _changed("find_days_changed"),
)  # fmt: skip
COLLECTIONS = Dataset(
    "collections",
    (
        Column("day", "day"), Column("container", "text"), Column("zone", "text"), Column("fleet", "text"),
        Column("outcome", "text"), Column("reason", "text"),
    ),
    _read("list_open_collections"),
    _changed("find_days_changed"),
)  # fmt: skip
COVERAGE = Dataset(
    "coverage",
    (
        Column("day", "day"), Column("zone", "text"), Column("zone_name", "text"), Column("population", "number"),
        Column("assigned_people", "number"), Column("served_people", "number"), Column("none_people", "number"),
        Column("limited_people", "number"), Column("basic_people", "number"), Column("improved_people", "number"),
        Column("full_people", "number"), Column("nearest_served_m", "number", "m"), Column("walk_m", "number", "m"),
        Column("times_a_week", "whole"), Column("weeks_known", "whole"), Column("people_from", "text"),
        Column("cost_points", "whole"), Column("cost_fuel_l", "number", "L"), Column("cost_crew_s", "number", "s"),
        Column("cost_money", "number"), Column("currency", "text"), Column("simulated", "yes or no"),
    ),
    _coverage_rows,
    _changed("find_coverage_changed"),
)  # fmt: skip
LEDGER = Dataset(
    "ledger",
    (
        Column("day", "day"), Column("fleet", "text"), Column("number", "whole"), Column("computed_at", "instant"),
        Column("driven_from", "text"), Column("driven_circuits", "whole"), Column("driven_stops", "whole"),
        Column("driven_distance_m", "number", "m"), Column("driven_haul_m", "number", "m"),
        Column("driven_duty_s", "number", "s"), Column("driven_fuel_l", "number", "L"),
        Column("driven_collected_kg", "number", "kg"), Column("baseline_circuits", "whole"),
        Column("baseline_stops", "whole"), Column("baseline_distance_m", "number", "m"),
        Column("baseline_haul_m", "number", "m"), Column("baseline_duty_s", "number", "s"),
        Column("baseline_fuel_l", "number", "L"), Column("baseline_collected_kg", "number", "kg"),
        Column("fuel_saved_l", "number", "L"), Column("fuel_saved_low_l", "number", "L"),
        Column("fuel_saved_high_l", "number", "L"), Column("fuel_withheld_l", "number", "L"),
        Column("choice_l", "number", "L"), Column("routing_l", "number", "L"), Column("fuel_saved_ratio", "number"),
        Column("distance_saved_m", "number", "m"), Column("duty_saved_s", "number", "s"),
        Column("co2e_saved_kg", "number", "kg"), Column("money_saved", "number"), Column("currency", "text"),
        Column("population", "whole"), Column("served_people", "number"), Column("provisional", "text"),
        Column("events", "text"), Column("reasons", "text"), Column("baseline_version", "whole"),
        Column("calibration", "whole"), Column("registry_version", "whole"), Column("arithmetic", "whole"),
        Column("loads", "whole"), Column("weighed_kg", "number", "kg"), Column("expected_kg", "number", "kg"),
        Column("load_factor", "number"),
        Column("computation_id", "text"), Column("simulated", "yes or no"),
    ),
    _savings_rows,
    _changed("find_ledger_changed"),
    has_geometry=False,
)  # fmt: skip
DATASETS: Mapping[str, Dataset] = {row.name: row for row in (CONTAINERS, CIRCUITS, COLLECTIONS, COVERAGE, LEDGER)}
