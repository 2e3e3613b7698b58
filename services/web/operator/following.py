"""The ladder of the day that a panel shows: its circuits along their streets, with the hours of the sites."""

from collections.abc import Mapping
from datetime import date, datetime

from services.city.registry import City, DisposalSite
from services.store.connection import Connection
from services.times import instant_of, seconds_of_day
from services.web import store as shared
from services.web.circuit_lines import CircuitLine
from services.web.operator.day import day_to_show, read_day
from services.web.operator.ladder import Around, Ladder, make_ladder
from services.web.operator.panel import Panel, read_panel


def read_ladder(
    connection: Connection, city: City, panel: Panel, lines: Mapping[int, CircuitLine], now: datetime
) -> Ladder | None:
    """None where nothing is planned. `lines`: of the plan's circuits; straight ones say nothing of where a truck is."""
    if panel.plan is None:
        return None
    plan = panel.plan
    documents = [document for _, document in shared.list_sites(connection, city.id)]
    names = {document["id"]: document["name"] for document in documents}
    names |= {line.visit.place: line.name for row in panel.circuits for line in row.visits if line.visit.place}
    around = Around(
        names=names,
        lines={number: line.way.line for number, line in lines.items() if line.source == "osm"},
        closes=_closing_times(connection, city, panel),
        overloaded=frozenset(row.truck for row in plan.broken if row.rule in {"load_kg", "load_l", "day_kg", "day_l"}),
    )
    words = {row.circuit.truck: row.words for row in panel.circuits}
    return make_ladder(plan.circuits, words, panel.day.positions, now, around)


def read_panel_of(
    connection: Connection, city: City, fleet: str, day: date | None, now: datetime, wall_now: datetime
) -> Panel:
    """Of a day, or of the one that there is to look at now."""
    shown = day or day_to_show(connection, city, fleet, now)
    return read_panel(connection, city, read_day(connection, city, fleet, shown, now, wall_now))


def _closing_times(connection: Connection, city: City, panel: Panel) -> dict[str, datetime]:
    sites = map(DisposalSite.model_validate, shared.list_entries(connection, city.id, "disposal_site"))
    return {
        site.id: instant_of(panel.day.day, seconds_of_day(site.open_to), city.zone_info)
        for site in sites
        if site.open_to is not None
    }
