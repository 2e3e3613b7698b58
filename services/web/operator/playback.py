"""A day as it was, to be played again on the map: where each truck was when, and what its crew said."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypedDict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.city.registry import City
from services.contracts.fields import Day
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of
from services.web.entry.security_log import audit
from services.web.figures.store import rows_of
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import AskedFleet
from services.web.requests.guards import OperatorSession, SessionCity

SQL = load_queries(__name__)

router = APIRouter(tags=["operator"])

MARGIN = timedelta(minutes=5)


class FixRow(TypedDict):
    truck_id: str
    happened_at: datetime
    lon: float
    lat: float


class WordRow(TypedDict):
    truck_id: str
    kind: str
    place: str
    name: str
    outcome: str
    reason: str | None
    happened_at: datetime
    lon: float | None
    lat: float | None


class Track(BaseModel):
    truck: str
    fixes: list[tuple[int, float, float]] = Field(description="seconds after `since`, lon, lat; one a half minute")


class Word(BaseModel):
    at_s: int = Field(description="seconds after `since`")
    truck: str
    kind: str
    place: str
    name: str
    outcome: str
    reason: str | None
    lon: float | None
    lat: float | None


class Playback(BaseModel):
    """All that was heard of a fleet's day."""

    since: datetime
    duration_s: int
    tracks: list[Track] = Field(description="empty where positions of that day are kept no longer")
    words: list[Word]


@router.get("/playback")
def get_playback(
    session: OperatorSession, city: SessionCity, deps: WithDeps, connection: WithStore, fleet: AskedFleet, day: Day
) -> Playback:
    """A fleet's day, to be played again. Who asks stands in the audit: it tells where crews were."""
    audit(connection, city.id, session.login, "day played back", deps.clock.now(), fleet=fleet.id, day=day)
    return read_playback(connection, city, fleet.id, day)


def read_playback(connection: Connection, city: City, fleet: str, day: date) -> Playback:
    """From the first that was heard until the last."""
    begins = instant_of(day, 0, city.zone_info)
    ends = instant_of(day + timedelta(days=1), 0, city.zone_info)
    values = {"city": city.id, "fleet": fleet, "day": day, "since": begins, "until": ends}
    fixes = rows_of(FixRow, connection.execute(SQL["list_track"], values))
    words = rows_of(WordRow, connection.execute(SQL["list_words"], values))
    heard = [row["happened_at"] for row in fixes] + [row["happened_at"] for row in words]
    since = min(heard, default=begins) - MARGIN
    until = max(heard, default=begins) + MARGIN

    def seconds(at: datetime) -> int:
        return round((at - since).total_seconds())

    tracks = [
        Track(
            truck=truck,
            fixes=[(seconds(r["happened_at"]), round(r["lon"], 5), round(r["lat"], 5)) for r in rows],
        )
        for truck, rows in groupby(fixes, lambda row: row["truck_id"])
    ]
    told = [
        Word(
            at_s=seconds(row["happened_at"]), truck=row["truck_id"], kind=row["kind"], place=row["place"],
            name=row["name"], outcome=row["outcome"], reason=row["reason"], lon=row["lon"], lat=row["lat"],
        )
        for row in words
    ]  # fmt: skip
    return Playback(since=since, duration_s=seconds(until), tracks=tracks, words=told)
