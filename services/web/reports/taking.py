"""Taking a report, whatever the door: bounded, answered by what is known, and in Kafka before anybody is thanked."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

from services.city.registry import City
from services.contracts import topics
from services.contracts.reports import Answer, ReportDoor, ReportKind, ReportMade, report_id
from services.reports.answering import Known, answer_to
from services.reports.photos import PhotoRefused, cleaned
from services.reports.store import Place, Today, Wish, list_reports, read_known, today_in
from services.store.connection import Connection
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction

Photo = Literal["none", "kept", "unreadable", "no_room"]
LOST_PHOTOS: frozenset[Photo] = frozenset({"unreadable", "no_room"})


@dataclass(frozen=True)
class Said:
    """What somebody reports."""

    kind: ReportKind
    door: ReportDoor
    who: str
    """Who is counted: an address, a key, a telephone. It is kept in memory for minutes, and stored nowhere."""
    seed: str
    """Drawn when they began: sent twice over a poor line, it is the same report."""
    place: Place | None = None
    lon: float | None = None
    lat: float | None = None
    address: str | None = None
    insists: bool = False
    has_key: bool = False
    contact: str | None = None
    words: str | None = None
    media_url: str | None = None
    photo: bytes | None = None
    """As it came."""

    @property
    def same(self) -> tuple[object, ...]:
        """What makes two reports of one address the same; what is of no container is always another."""
        return (self.who, self.place.id if self.place else self.seed, self.kind, self.insists)


@dataclass(frozen=True)
class Taken:
    report: str
    answer: Answer
    known: Known
    is_new: bool
    photo: Photo


def take_report(deps: Deps, transaction: Transaction, city: City, said: Said) -> Taken:
    """Put the report into Kafka; the request's transaction ends before.

    Raises:
        TooManyReports: from one address, or in the city.
        StreamAway: Kafka has not confirmed it; it may be sent again.
    """
    now, wall_now = deps.clock.now(), deps.wall_now()
    today = today_in(city.zone_info, now)
    known = read_known(transaction.connection, city.id, said.place.id, today) if said.place else Known()
    before = None if said.has_key else deps.report_limits.find_same((city.id, *said.same), now)
    if before is not None and _is_done(transaction.connection, city, before, today):
        before = None  # it burns again
    transaction.end()
    answered = answer_to(said.kind, known, now, insists=said.insists)
    if before is not None:
        return Taken(before, answered.answer, known, False, "none")
    deps.report_limits.spend(city.id, said.who, wall_now, has_key=said.has_key)
    photo, photo_is = _photo(deps, city, said)
    made = ReportMade(
        id=report_id(f"{city.id} {said.seed} {said.same[1:]}"),
        city=city.id,
        kind=said.kind,
        container=said.place.id if said.place else None,
        lon=said.place.lon if said.place else said.lon,
        lat=said.place.lat if said.place else said.lat,
        address=said.address,
        door=said.door,
        made_at=now,
        answer=answered.answer,
        known_at=answered.known_at,
        insists=said.insists,
        contact=said.contact,
        words=said.words,
        media_url=said.media_url,
        photo=b64encode(photo) if photo else None,
    )
    publish_all(deps.stream, topics.REPORTS, topics.key(city.id, made.container or ""), [made])
    if not said.has_key:
        deps.report_limits.keep((city.id, *said.same), made.id, now)
    return Taken(made.id, answered.answer, known, True, photo_is)


def _is_done(connection: Connection, city: City, report: str, today: Today) -> bool:
    return any(found.state == "done" for found in list_reports(connection, city.id, today, Wish(ids=[report])))


def _photo(deps: Deps, city: City, said: Said) -> tuple[bytes | None, Photo]:
    """A photo that cannot be read or kept never costs the report."""
    if not said.photo:
        return None, "none"
    if not deps.report_limits.has_room_for_photo(city.id, deps.wall_now()):
        return None, "no_room"
    try:
        return cleaned(said.photo), "kept"
    except PhotoRefused:
        return None, "unreadable"
