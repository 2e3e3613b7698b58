"""Who did what, and what happened at the doors: both logs as one, searched by person, kind and days."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, get_args

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.security_log import CHANGES, What

SQL = load_queries(__name__)

PAGE_LENGTH = 50
FARTHEST_PAGE = 200
"""Ten thousand lines: whoever looks farther back names days."""
KINDS: tuple[str, ...] = get_args(What)


class JournalRow(TypedDict):
    happened_at: datetime
    kind: str
    who: str
    """Who did it, or tried to."""
    login: str
    """Whom it is about, where that is somebody's account."""
    address: str
    detail: str
    is_act: bool
    """An act of the office, from the audit; else something that happened at the doors."""


@dataclass(frozen=True)
class Search:
    """Empty: any."""

    person: str = ""
    """Part of a name, as doer or as whom it is about, or of an address."""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    page: int = 1


@dataclass(frozen=True)
class Found:
    rows: list[JournalRow]
    has_more: bool


def search_journal(connection: Connection, city: str, search: Search) -> Found:
    """A page of what was found, the latest first."""
    page = min(max(search.page, 1), FARTHEST_PAGE)
    values = {
        "city": city, "person": _pattern(search.person), "kind": search.kind or None, "since": search.since,
        "until": search.until, "changes": sorted(CHANGES), "most": PAGE_LENGTH + 1,
        "skipped": (page - 1) * PAGE_LENGTH, "reach": page * PAGE_LENGTH + 1,
    }  # fmt: skip
    rows = [JournalRow(**row) for row in connection.execute(SQL["search"], values)]  # type: ignore[typeddict-item]
    return Found(rows[:PAGE_LENGTH], has_more=len(rows) > PAGE_LENGTH and page < FARTHEST_PAGE)


def list_acts(connection: Connection, city: str) -> list[str]:
    """Kinds of acts that the city's audit has, for whoever looks for one."""
    values = {"city": city, "changes": sorted(CHANGES)}
    return [row["what"] for row in connection.execute(SQL["list_acts"], values)]


def _pattern(person: str) -> str | None:
    """Part of a name, with no sign that means more to LIKE than itself."""
    if not person:
        return None
    plain = person.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
