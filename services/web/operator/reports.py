"""What residents reported and nothing has settled: places to look at, the most pressing first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.city.registry import City
from services.contracts.reports import alert_of
from services.reports.store import Private, Report, Wish, find_private, list_reports, today_in
from services.store.connection import Connection

SHOWN_FOR = timedelta(days=14)
"""As long as a further report joins the first: older ones that nobody looked at are told anew."""
LONGEST = 12
"""Shown at once; who sees to some finds the others."""


@dataclass(frozen=True)
class ListedReport:
    report: Report
    """The first of its kind and place."""
    alert_id: UUID
    """By which somebody says that they have seen to it."""
    private: Private | None
    """What the resident gave of themselves, while it is kept."""

    @property
    def where(self) -> str:
        address = self.private.address if self.private else None
        spot = f"{self.report.lat:.5f}, {self.report.lon:.5f}" if self.report.lat and self.report.lon else None
        return self.report.name or address or spot or self.report.container or ""


def list_open_reports(connection: Connection, city: City, fleet: str, now: datetime) -> list[ListedReport]:
    """Of a fleet's containers, and of places without one: fires, then disputes, then what most people say."""
    wish = Wish(since=now - SHOWN_FOR, unsettled=True)
    found = [
        report
        for report in list_reports(connection, city.id, today_in(city.zone_info, now), wish)
        if report.state == "open" and report.fleet in {fleet, None}
    ]
    found.sort(key=lambda report: (report.kind != "burning", not report.insists, -report.reports))
    private = find_private(connection, city.id, [report.id for report in found[:LONGEST]])
    return [ListedReport(report, alert_of(city.id, report.id), private.get(report.id)) for report in found]
