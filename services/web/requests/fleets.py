"""Which fleet a request speaks of: the one that it names, or the only one of its city."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query

from services.city.registry import City, Fleet
from services.city.scopes import list_fleets
from services.contracts.fields import ONLY_FLEET
from services.contracts.planning import PlanMade
from services.store.connection import Connection
from services.web.figures.store import find_fleet_of_plan
from services.web.rendering.problems import NotFound, WrongInput
from services.web.requests.deps import WithStore
from services.web.requests.guards import SessionCity, fleet_seen


@dataclass(frozen=True)
class FleetChoice:
    """One of a city's fleets, and the others that a page offers."""

    chosen: Fleet
    fleets: tuple[Fleet, ...]

    @property
    def are_several(self) -> bool:
        return len(self.fleets) > 1

    def query(self, day: date, fleet: str = "") -> str:
        """What an address of the office ends with, so that it stays with this fleet, or goes to another."""
        wanted = {"jour": day.isoformat()} | ({"flotte": fleet or self.chosen.id} if self.are_several else {})
        return urlencode(wanted)


def fleets_seen(connection: Connection, city: City) -> tuple[Fleet, ...]:
    """Those that whoever asks may plan, send and follow, in the order of the file."""
    only = fleet_seen(city)
    return tuple(fleet for fleet in list_fleets(connection, city.id) if only in {None, fleet.id})


def check_seen(city: City, fleet: str) -> None:
    """Raises: NotFound, where whoever asks is of another fleet."""
    if fleet_seen(city) not in {None, fleet}:
        raise NotFound


def check_plan_seen(connection: Connection, city: City, plan_id: UUID) -> None:
    """As `check_seen`, where the plan itself, megabytes in a large city, stays in the store."""
    only = fleet_seen(city)
    if only is not None and find_fleet_of_plan(connection, city.id, plan_id) != only:
        raise NotFound


def find_fleet(connection: Connection, city: City, wish: str | None) -> Fleet:
    """The fleet that a program names; the only one where it names none.

    Raises:
        WrongInput: there is none of that id, or there are several and none is named; it says which there are.
    """
    fleets = fleets_seen(connection, city)
    found = [fleet for fleet in fleets if wish in {None, fleet.id}]
    if len(found) != 1:
        expected = f"expected one of {', '.join(fleet.id for fleet in fleets)}"
        raise WrongInput("which_fleet", errors=[{"where": ["fleet"], "message": expected}])
    return found[0]


def get_fleet(city: SessionCity, connection: WithStore, fleet: Annotated[str | None, Query()] = None) -> Fleet:
    """As `find_fleet`, from the address."""
    return find_fleet(connection, city, fleet)


AskedFleet = Annotated[Fleet, Depends(get_fleet)]


def choose_fleet(connection: Connection, city: City, wish: str | None) -> FleetChoice:
    """For a page: the fleet of its address, else the first of the file.

    Raises:
        NotFound: there is none of that id.
    """
    fleets = fleets_seen(connection, city)
    chosen = next((fleet for fleet in fleets if wish in {None, fleet.id}), None)
    if chosen is None:
        raise NotFound
    return FleetChoice(chosen, fleets)


def file_stem(city: City, plan: PlanMade) -> str:
    """What the name of a plan's file begins with: two fleets' files of one day must not have the same name."""
    fleet = "" if plan.fleet == ONLY_FLEET else f"-{plan.fleet}"
    return f"{city.id}{fleet}-{plan.day}"
