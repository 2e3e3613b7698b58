"""`tournee ledger replay` of a large city, out of a real store: what a day takes, and what a year of such days would.

    python -m tests.benchmarks.replay_stored --containers 5000 --days 14 --cores 2

Fills a store of its own with plans, words and positions (a fix each ten seconds) of some days, and with the words of
the year before; lets the ledger publish its lines day by day, and replays them: once with the positions, once after
they were dropped for their age, as most of a year's are. Seconds are of the wall, and of processors: ours, and the
store's by itself. Of both kinds of days a year is reckoned. Ends with one line of JSON.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

from infra.migrate import migrate
from infra.stack.stack import Stack
from infra.stack.start import start_stack
from services.ledger import covering
from services.ledger.books import accept_baseline, add_baseline
from services.ledger.covering import CoverageKeeper
from services.ledger.emptyings import WEEK, WEEKS
from services.ledger.frozen import baseline_of_folder
from services.ledger.replay_cores import Asked, ReplayedDays, replay_on_cores
from services.operations.meters import LedgerMeter
from services.roads.roads import estimated_roads
from services.store.connection import connect
from services.times import instant_of
from services.web.entry.accounts import add_account
from services.writer.day import store_coverage, store_plans
from tests.benchmarks.replay_year import FIRST, YEAR, is_due, large_town, lived_day
from tests.support.ledger_town import CITY, Town

POSITIONS_KEPT_DAYS = 90
"""The default: of a year's replay, the last days have their positions still."""
KINDS = ("wall", "cpu", "store_cpu")
WORD = "confirmation_id, city_id, truck_id, plan_id, kind, place, outcome, happened_at, received_at, driver"


class Keeper:
    """The ledger's coverage with the writer behind it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        covering.LOOK_EVERY_S = 0.0
        self._keeper = CoverageKeeper(self, town, LedgerMeter(), lambda: False, estimated_roads)  # type: ignore[arg-type]

    def publish(self, topic: str, key: bytes, message: Any) -> None:  # noqa: ARG002
        self.town.write(store_coverage, [message])

    def look(self) -> None:
        self._keeper.bring_up_to_date(self.town.connection)


def remember(town: Town) -> None:
    """Words of the 52 weeks before, as on the days that are lived."""
    containers, zone = town.registry.containers, town.registry.city.zone_info
    copy = f"COPY confirmation ({WORD}) FROM STDIN"
    with town.connection.transaction(), town.connection.cursor() as cursor:
        with cursor.copy(copy.encode()) as rows:
            for back in range(1, WEEK * WEEKS + 1):
                day = FIRST - timedelta(days=back)
                at, plan = instant_of(day, 8 * 3600, zone), uuid4()
                for number, row in enumerate(containers):
                    if is_due(number, len(containers), day):
                        rows.write_row((uuid4(), CITY, "C000", plan, "stop", row.id, "done", at, at, "C000"))
        cursor.execute("ANALYZE confirmation")


def live(town: Town, days: int) -> None:
    """Day by day: planned, sent, driven, told, counted the morning after."""
    keeper = Keeper(town)
    for n in range(days):
        day = FIRST + timedelta(days=n)
        zone = town.registry.city.zone_info
        town.at = instant_of(day, 4 * 3600, zone)
        plan = lived_day(town.registry, day).sent[0].plan.model_copy(update={"registry_version": town.version})
        town.write(store_plans, [plan])
        town.send(plan)
        for circuit in plan.circuits:
            town.confirm(plan, circuit.truck)
        town.drive(plan)
        town.look(instant_of(day + timedelta(days=1), 3600, zone))
        keeper.look()
        print(f"{day}: {len(plan.circuits)} circuits, line {town.line(day).number}", flush=True)


@contextmanager
def measured(told: dict[str, float], name: str, days: int, store: int) -> Iterator[None]:
    """Seconds a day: of the wall, of this process and its children, of the store, whose first process is `store`."""
    before = time.monotonic(), _cpu_s(), _store_cpu_s(store)
    yield
    after = time.monotonic(), _cpu_s(), _store_cpu_s(store)
    for what, began_s, ended_s in zip(KINDS, before, after, strict=True):
        told[f"{name}_day_{what}_s"] = round((ended_s - began_s) / days, 3)


def _cpu_s() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(row.ru_utime + row.ru_stime for row in spent)


def _store_cpu_s(store: int) -> float:
    """Of the server, of its processes that are there, and of those that have ended."""
    rows = [_Process.of(path) for path in Path("/proc").glob("[0-9]*/stat")]
    return sum(row.own_s + row.ended_s for row in rows if row is not None and store in (row.pid, row.parent))


class _Process(NamedTuple):
    pid: int
    parent: int
    own_s: float
    ended_s: float
    """Of its children that have ended."""

    @classmethod
    def of(cls, stat: Path) -> "_Process | None":
        """As proc(5) has it; None of one that has ended meanwhile."""
        try:
            text = stat.read_text()
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()  # the name before it may hold anything
        ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:15]]
        return cls(int(stat.parent.name), int(fields[1]), ticks[0] + ticks[1], ticks[2] + ticks[3])


def _postmaster(stack: Stack) -> int:
    """The store's first process."""
    return int((stack.folder / "postgres" / "postmaster.pid").read_text().split()[0])


def replayed(asked: Asked, days: int, cores: int) -> list[ReplayedDays]:
    """All of it; a difference is an error."""
    rows = list(replay_on_cores(asked, FIRST, FIRST + timedelta(days=days - 1), cores))
    wrong = [row for some in rows for row in (*some.lines, *some.coverage) if row.differences]
    if wrong or sum(len(some.lines) for some in rows) != days:
        raise SystemExit(f"the replay differs: {wrong[:3]}")
    return rows


def main() -> None:
    """Fill, publish, replay, tell."""
    parser = argparse.ArgumentParser(prog="replay_stored", description=__doc__)
    parser.add_argument("--containers", type=int, default=5000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    told: dict[str, float] = {"containers": asked.containers, "days": asked.days, "cores": asked.cores}
    registry = large_town(asked.containers)
    registry = registry.model_copy(update={"city": registry.city.model_copy(update={"id": CITY})})
    with start_stack("embedded") as stack, TemporaryDirectory() as folder:
        migrate(stack.database_url)
        with connect(stack.database_url, name="benchmark") as connection:
            town = Town(connection, registry)
            with connection.transaction():
                add_account(connection, CITY, "mairie", "municipality", "une-longue-matinee", None)
            frozen = baseline_of_folder(registry, town.version)
            version, _ = add_baseline(connection, frozen, who="awa", now=town.at)
            accept_baseline(connection, CITY, version, valid_from=FIRST, who="mairie", now=town.at)
            remember(town)
            store = _postmaster(stack)
            with measured(told, "publish", asked.days, store):
                live(town, asked.days)
            wanted = Asked(stack.database_url, Path(folder), CITY, town.at)
            with measured(told, "replay", asked.days, store):
                rows = replayed(wanted, asked.days, asked.cores)
            told["coverage_days"] = sum(len(some.coverage) for some in rows)
            with connection.transaction():
                connection.execute("DELETE FROM position")
            with measured(told, "without_positions", asked.days, store):
                replayed(wanted, asked.days, asked.cores)
    later = YEAR - POSITIONS_KEPT_DAYS
    for what in KINDS:
        year_s = POSITIONS_KEPT_DAYS * told[f"replay_day_{what}_s"] + later * told[f"without_positions_day_{what}_s"]
        told[f"year_{what}_s"] = round(year_s, 1)
        told[f"year_with_all_positions_{what}_s"] = round(YEAR * told[f"replay_day_{what}_s"], 1)
    told["most_mb_a_process"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
