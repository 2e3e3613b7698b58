"""The ladder of a day, and the panel of one: what pages and programs ask for by day.

A ladder reads the plan's circuits alone: it is drawn again with every word of a crew, for every page that shows it, and
what a large city's plan says of its other containers is megabytes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from services.city.registry import City, DisposalSite
from services.store.connection import Connection
from services.times import instant_of, seconds_of_day
from services.web.figures import store as shared
from services.web.operator import store
from services.web.operator.day import Day, day_to_show, read_day
from services.web.operator.ladder import Around, Ladder, make_ladder
from services.web.operator.panel import Panel, read_panel
from services.web.requests.deps import Deps

TOO_HEAVY = ("load_kg", "load_l", "day_kg", "day_l")


def read_ladder(deps: Deps, connection: Connection, city: City, day: Day) -> Ladder | None:
    """Of the plan that the day shows; None where nothing is planned."""
    plan = store.find_circuits(connection, city.id, day.plan["plan_id"]) if day.plan else None
    if plan is None:
        return None
    words: dict[str, list[store.ConfirmationRow]] = defaultdict(list)
    for row in store.list_confirmations(connection, city.id, plan.plan_id):
        words[row["truck_id"]].append(row)
    stops = {visit.place for circuit in plan.circuits for visit in circuit.stops if visit.place}
    names = {place: row["name"] for place, row in store.list_names(connection, city.id, stops).items()}
    return _ladder_of(deps, connection, city, day, plan, words, names)


def ladder_of_panel(deps: Deps, connection: Connection, city: City, panel: Panel) -> Ladder | None:
    """The same, of what the page has read for its panel."""
    plan = panel.plan
    if plan is None:
        return None
    circuits = store.PlanCircuits(plan.plan_id, plan.roads, plan.circuits, plan.broken)
    words = {line.circuit.truck: line.words for line in panel.circuits}
    names = {row.container_id: row.name for row in panel.containers}
    return _ladder_of(deps, connection, city, panel.day, circuits, words, names)


def _ladder_of(
    deps: Deps,
    connection: Connection,
    city: City,
    day: Day,
    plan: store.PlanCircuits,
    words: Mapping[str, Sequence[store.ConfirmationRow]],
    names: Mapping[str, str],
) -> Ladder | None:
    lines = deps.lines.of_circuits(connection, city, plan.plan_id, plan.roads, plan.circuits)
    sites = shared.list_sites(connection, city.id)
    around = Around(
        names={**names, **{document["id"]: document["name"] for _, document in sites}},
        # Straight lines say nothing of where a truck is.
        lines={number: line.way.line for number, line in lines.items() if line.source == "osm"},
        closes=_closing_times(connection, city, day.day),
        overloaded=frozenset(row.truck for row in plan.broken if row.rule in TOO_HEAVY),
    )
    return make_ladder(plan.circuits, words, day.positions, day.now, around)


def read_day_of(
    connection: Connection,
    city: City,
    fleet: str,
    day: date | None,
    now: datetime,
    wall_now: datetime,
    wish: UUID | None = None,
) -> Day:
    """The day that is named, or the one that there is to look at now; `wish`: the plan that is named."""
    return read_day(connection, city, fleet, day or day_to_show(connection, city, fleet, now), now, wall_now, wish)


def read_panel_of(
    connection: Connection, city: City, fleet: str, day: date | None, now: datetime, wall_now: datetime
) -> Panel:
    """As `read_day_of`."""
    return read_panel(connection, city, read_day_of(connection, city, fleet, day, now, wall_now))


def _closing_times(connection: Connection, city: City, day: date) -> dict[str, datetime]:
    sites = map(DisposalSite.model_validate, shared.list_entries(connection, city.id, "disposal_site"))
    return {
        site.id: instant_of(day, seconds_of_day(site.open_to), city.zone_info)
        for site in sites
        if site.open_to is not None
    }
