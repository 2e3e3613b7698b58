"""What residents reported, into the store: each report once, and what it says of its container as evidence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.contracts.reports import ReportMade
from services.store.connection import Connection
from services.store.queries import load_queries
from services.writer.evidence import Observation, store_observations

SQL = load_queries(__name__)

KEPT_FOR = timedelta(days=30)
"""What residents gave of themselves: photos, names, their own words. Long enough for somebody to come and look."""
JOINED_WITHIN = timedelta(days=14)
"""A report that nobody has seen to for so long is told anew."""
FULL = 1.0
"""What a resident means by full; eyes tell no more."""
PRIVATE = ("contact", "words", "address", "media_url", "photo")


def store_reports(connection: Connection, reports: Sequence[ReportMade]) -> None:
    """Add what is new, in order, as each may join one before it; and what they say of how full a container is."""
    for report in reports:
        said = {name: getattr(report, name) for name in PRIVATE}
        row = report.model_dump(exclude=set(PRIVATE)) | {"alert_id": report.alert_id}
        added = connection.execute(SQL["insert_report"], row | {"since": report.made_at - JOINED_WITHIN}).rowcount
        if added and any(said.values()):
            kept = {"id": report.id, "city": report.city, "drop_at": report.made_at + KEPT_FOR}
            connection.execute(SQL["insert_private"], said | kept)
    store_observations(connection, [told for told in map(observation_of, reports) if told is not None])


def observation_of(report: ReportMade) -> Observation | None:
    """What it says of its container. Full, unless it was emptied moments before: then it may be of the time before."""
    if report.container is None:
        return None
    is_full = report.kind == "full" and report.answer != "just_emptied"
    return Observation(
        id=report.alert_id,
        city=report.city,
        kind="report",
        container=report.container,
        truck=None,
        site=None,
        happened_at=report.made_at,
        received_at=report.made_at,
        fill_ratio=FULL if is_full else None,
        weight_kg=None,
        reason=report.kind,
        remark=None,
        said_by="resident",
    )


def forget_private(connection: Connection, now: datetime) -> int:
    """Drop what has been kept long enough; of how many reports."""
    return connection.execute(SQL["forget_private"], {"now": now}).rowcount
