"""The ledger's books in the store: baselines, receipts, calibrations, the log of events. Rows are only ever added."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.contracts.ledger import EventKind, SavingsComputed
from services.errors import TourneeError
from services.ledger.calibration import Calibration
from services.ledger.counted import Counters, counted_of
from services.ledger.frozen import LONGEST_GAP_DAYS, FrozenBaseline
from services.ledger.fuel import FuelBook
from services.ledger.receipts import Receipt, WrongReceipts
from services.ledger.served import Accepted
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.store.rows import JsonDocument

SQL = load_queries(__name__)

LAST_DAY = date(2199, 12, 31)
ACCEPTING_ROLES = ("municipality",)
"""Who may accept a baseline: those whose money it is, never the operator whose work is measured by it."""


class BaselineRefused(TourneeError):
    """A baseline cannot be accepted as asked."""


class BaselineBroken(TourneeError):
    """A stored baseline is not the one that was put down."""


@dataclass(frozen=True)
class KeptBaseline:
    """A version as it stands in the store; `valid_from` and those who accepted are None where nobody has."""

    version: int
    made_at: datetime
    made_by: str
    sha256: str
    frozen: FrozenBaseline
    valid_from: date | None
    accepted_by: str | None
    role: str | None
    accepted_at: datetime | None


@dataclass(frozen=True)
class LoggedEvent:
    kind: EventKind
    first_day: date
    last_day: date
    remark: str
    noted_by: str
    noted_at: datetime


def add_baseline(connection: Connection, frozen: FrozenBaseline, *, who: str, now: datetime) -> tuple[int, bool]:
    """Put a baseline down; its version, and whether it is new. The same one is not put down twice."""
    key: dict[str, Any] = {"city": frozen.city, "sha256": frozen.sha256, "who": who, "now": now}
    with store_errors(), connection.transaction():
        connection.execute(SQL["lock"], key)
        same = connection.execute(SQL["find_same_baseline"], key).fetchone()
        if same is not None:
            return int(same["version"]), False
        document = JsonDocument(json.loads(frozen.text))
        version = _one(connection.execute(SQL["add_baseline"], {**key, "document": document}).fetchone())
        detail = {"version": version, "sha256": frozen.sha256}
        _audit(connection, frozen.city, who, now, "ledger baseline put down", detail)
    return version, True


def list_baselines(connection: Connection, city: str) -> list[KeptBaseline]:
    """All versions, the first first.

    Raises:
        BaselineBroken: one is not what was put down.
    """
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["list_baselines"], {"city": city}).fetchall()
    return [
        KeptBaseline(
            **_without(row),
            frozen=_whole(city, row["version"], row["sha256"], FrozenBaseline.model_validate(row["document"])),
        )
        for row in rows
    ]


def accept_baseline(
    connection: Connection, city: str, version: int, *, valid_from: date, who: str, now: datetime
) -> None:
    """Note who has accepted a version, and from which day on it counts. Days that have a line are counted again.

    Args:
        connection: to a migrated database.
        city: a loaded one.
        version: of the baseline.
        valid_from: the first day that is not driven by it any more.
        who: the login of an account of the city whose role may accept it.
        now: timezone-aware.

    Raises:
        BaselineRefused: says why.
    """
    kept = list_baselines(connection, city)
    chosen = next((row for row in kept if row.version == version), None)
    accepted = [row for row in kept if row.valid_from is not None]
    with store_errors(), connection.transaction():
        connection.execute(SQL["lock"], {"city": city})
        found = connection.execute(SQL["find_role"], {"city": city, "login": who}).fetchone()
        role = found["role"] if found else None
        if chosen is None:
            versions = ", ".join(str(row.version) for row in kept) or "none"
            raise BaselineRefused(f"{city} has no baseline {version}; it has {versions}")
        if role not in ACCEPTING_ROLES:
            is_what = f"is {role}" if role else f"is no account of {city}"
            raise BaselineRefused(
                f"{who} {is_what}; a baseline is accepted by an account with the role {' or '.join(ACCEPTING_ROLES)}, "
                "since the operator's work is measured by it"
            )
        if chosen.valid_from is not None:
            raise BaselineRefused(
                f"baseline {version} was accepted by {chosen.accepted_by} from {chosen.valid_from} on; "
                "it stays: put a new version down for a change"
            )
        latest = max((row.valid_from for row in accepted if row.valid_from), default=None)
        if latest is not None and valid_from <= latest:
            raise BaselineRefused(
                f"days from {latest} on are compared with an accepted baseline already; expected a later day than "
                f"{latest}, so that no published figure loses the baseline that it was counted with"
            )
        key = {"city": city, "version": version, "valid_from": valid_from, "who": who, "role": role, "now": now}
        connection.execute(SQL["accept_baseline"], key)
        connection.execute(SQL["ask_recount"], {"city": city, "first": valid_from, "last": LAST_DAY})
        detail = {"version": version, "sha256": chosen.sha256, "valid_from": valid_from.isoformat(), "role": role}
        _audit(connection, city, who, now, "ledger baseline accepted", detail)


def find_accepted(connection: Connection, city: str, day: date) -> Accepted | None:
    """The baseline that a day is compared with.

    Raises:
        BaselineBroken: it is not what was put down.
    """
    with store_errors(), connection.transaction():
        row = connection.execute(SQL["find_accepted"], {"city": city, "day": day}).fetchone()
    if row is None:
        return None
    return Accepted(row["version"], row["valid_from"], _read(city, row["version"], row["sha256"], row["text"]))


def add_receipts(connection: Connection, city: str, receipts: Sequence[Receipt], *, who: str, now: datetime) -> int:
    """How many of them are new; one that is there already with the same words counts once.

    Raises:
        WrongReceipts: one says something else than the one of that number that is there, or overlaps another. Nothing
            is taken then.
    """
    asked = {
        "city": city,
        "receipts": [row.receipt for row in receipts],
        "trucks": [row.truck for row in receipts],
        "instants": [row.filled_at for row in receipts],
        "litres": [row.fuel_l for row in receipts],
        "sources": [row.source for row in receipts],
    }
    with store_errors(), connection.transaction():
        connection.execute(SQL["lock"], asked)
        faults = [
            f"receipt {row['receipt_id']} is there already and says something else; give the right one another number"
            for row in connection.execute(SQL["find_other_receipts"], asked)
        ]
        faults += [
            f"{row['truck_id']}: receipt {row['receipt_id']} of {row['filled_at']:%Y-%m-%d %H:%M} UTC is there already "
            "and overlaps one of the file"
            for row in connection.execute(SQL["find_overlapping"], asked)
        ]
        if faults:
            raise WrongReceipts("\n".join(["no receipt was taken:", *faults]))
        added = 0
        for row in receipts:
            values = {"city": city, "now": now, "who": who, **_values(row)}
            added += connection.execute(SQL["add_receipt"], values).rowcount
        if added:
            _audit(connection, city, who, now, "fuel receipts loaded", {"receipts": added})
    return added


def list_receipts(
    connection: Connection, city: str, since: datetime | None = None, until: datetime | None = None
) -> list[Receipt]:
    """All between two instants, both included, in the order of time."""
    values = {"city": city, "since": since, "until": until}
    with store_errors(), connection.transaction():
        return [Receipt(**row) for row in connection.execute(SQL["list_receipts"], values).fetchall()]


def list_counters(
    connection: Connection, city: str, since: datetime | None = None, until: datetime | None = None
) -> list[Counters]:
    """What trackers have told of engines between two instants: of each truck the latest of every hour."""
    values = {"city": city, "since": since, "until": until}
    with store_errors(), connection.transaction():
        return [Counters(**row) for row in connection.execute(SQL["list_counters"], values).fetchall()]


def list_litres(
    connection: Connection, city: str, zone: ZoneInfo, since: datetime | None = None, until: datetime | None = None
) -> list[Receipt]:
    """All that is known of litres between two instants: receipts that were loaded, and what trackers' engines count."""
    counted = counted_of(list_counters(connection, city, since, until), zone).receipts
    return sorted([*list_receipts(connection, city, since, until), *counted], key=lambda row: row.filled_at)


def list_lines(connection: Connection, city: str, first: date, last: date) -> list[SavingsComputed]:
    """The lines that count of days that are over, both ends included."""
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["list_lines"], {"city": city, "first": first, "last": last}).fetchall()
    return [SavingsComputed.model_validate(row["document"]) for row in rows]


def add_calibration(connection: Connection, calibration: Calibration, *, who: str, now: datetime) -> int:
    """Keep coefficients as a version, and ask for every day since the first that they were learned of to be counted."""
    city = calibration.city
    key = {"city": city, "who": who, "now": now, "sha256": calibration.sha256}
    with store_errors(), connection.transaction():
        connection.execute(SQL["lock"], key)
        document = JsonDocument(json.loads(calibration.text))
        version = _one(connection.execute(SQL["add_calibration"], {**key, "document": document}).fetchone())
        connection.execute(SQL["ask_recount"], {"city": city, "first": calibration.first_day, "last": LAST_DAY})
        _audit(connection, city, who, now, "fuel calibrated", {"version": version, "sha256": calibration.sha256})
    return version


def find_calibration(connection: Connection, city: str, version: int | None = None) -> tuple[int, Calibration] | None:
    """A version and what it says, or the latest; None where there is none."""
    with store_errors(), connection.transaction():
        row = connection.execute(SQL["find_calibration"], {"city": city, "version": version}).fetchone()
    return None if row is None else (row["version"], Calibration.model_validate(row["document"]))


def find_book(connection: Connection, city: str, version: int | None = None) -> FuelBook:
    """The coefficients of a version, or of the latest; an empty book where there is none."""
    found = find_calibration(connection, city, version)
    return FuelBook() if found is None else found[1].book(found[0])


def add_event(connection: Connection, city: str, event: LoggedEvent) -> None:
    """Log what no circuit could help, and ask for its days to be counted again, and those that it bears upon."""
    key = {"city": city, "first": event.first_day, "last": event.last_day, "who": event.noted_by, "now": event.noted_at}
    with store_errors(), connection.transaction():
        connection.execute(SQL["add_event"], {**key, "event_id": uuid4(), "kind": event.kind, "remark": event.remark})
        until = event.last_day + timedelta(days=LONGEST_GAP_DAYS)
        connection.execute(SQL["ask_recount"], {"city": city, "first": event.first_day, "last": until})
        detail = {"kind": event.kind, "from": str(event.first_day), "until": str(event.last_day)}
        _audit(connection, city, event.noted_by, event.noted_at, "ledger event logged", detail)


def list_events(connection: Connection, city: str, first: date, last: date) -> list[LoggedEvent]:
    """Those that touch a period, the first first."""
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["list_events"], {"city": city, "first": first, "last": last}).fetchall()
    return [LoggedEvent(**row) for row in rows]


def logged_days(events: Sequence[LoggedEvent]) -> dict[date, tuple[EventKind, ...]]:
    """Kinds of events by day, each once."""
    kinds: dict[date, list[EventKind]] = defaultdict(list)
    for event in events:
        for n in range((event.last_day - event.first_day).days + 1):
            of_day = kinds[event.first_day + timedelta(days=n)]
            if event.kind not in of_day:
                of_day.append(event.kind)
    return {day: tuple(sorted(of_day)) for day, of_day in kinds.items()}


def find_logged(connection: Connection, city: str, day: date) -> dict[date, tuple[EventKind, ...]]:
    """What bears upon a day: its own events, and those of the weeks in which its containers were filling."""
    first = day - timedelta(days=2 * LONGEST_GAP_DAYS)
    days = logged_days(list_events(connection, city, first, day))
    return {at: kinds for at, kinds in days.items() if first <= at <= day}


@lru_cache(maxsize=2)
def _read(city: str, version: int, sha256: str, text: str) -> FrozenBaseline:
    """Of the text as it stands there now: read, and held against its fingerprint, once as long as it stays the same."""
    return _whole(city, version, sha256, FrozenBaseline.model_validate_json(text))


def _whole(city: str, version: int, sha256: str, frozen: FrozenBaseline) -> FrozenBaseline:
    if frozen.sha256 != sha256:
        raise BaselineBroken(
            f"baseline {version} of {city} is not what was put down: sha256 {frozen.sha256[:12]}, expected "
            f"{sha256[:12]}; restore a backup"
        )
    return frozen


def _without(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "document"}


def _values(row: Receipt) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Receipt.__slots__}


def _one(row: dict[str, Any] | None) -> int:
    if row is None:
        raise RuntimeError("an INSERT .. RETURNING told nothing")
    return int(row["version"])


def _audit(connection: Connection, city: str, who: str, now: datetime, what: str, detail: dict[str, Any]) -> None:
    values = {"city": city, "who": who, "now": now, "what": what, "detail": JsonDocument(detail)}
    connection.execute(SQL["add_audit"], values)
