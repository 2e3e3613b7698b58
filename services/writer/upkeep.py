"""The store's housekeeping, beside the stream: beliefs, rollups and retention, now and then."""

import logging
import threading
from collections.abc import Callable

from services.clock import Clock, clock_from
from services.operations.service import Stopping
from services.settings import Settings
from services.store.connection import Connection, store_errors
from services.store.link import StoreLink
from services.store.upkeep import run_upkeep
from services.writer.aside import forget_old
from services.writer.beliefs import keep_beliefs
from services.writer.day import look_again
from services.writer.reports import forget_private

log = logging.getLogger(__name__)

type Work = Callable[[Connection, Settings, Clock, Stopping], None]

EVERY_S = 300.0
BELIEFS_EVERY_S = 30.0
"""What has come since is folded by whoever plans, in memory. Seldom enough that much evidence shares the cost of one
container, often enough that a planner finds little."""


def start_upkeep(config: Settings, stopping: Stopping) -> list[threading.Thread]:
    """Keep beliefs, and rollups and retention, each on a thread and a connection of its own.

    Of several writers one does it at a time.
    """
    threads = [
        threading.Thread(target=_keep, args=(work, name, every_s, config, stopping), name=name, daemon=True)
        for work, name, every_s in ((_beliefs, "beliefs", BELIEFS_EVERY_S), (_upkeep, "upkeep", EVERY_S))
    ]
    for thread in threads:
        thread.start()
    return threads


def _keep(work: Work, name: str, every_s: float, config: Settings, stopping: Stopping) -> None:
    clock = clock_from(config.clock)
    store = StoreLink(config.database_url.get_secret_value(), name=name, stopping=stopping)
    while not stopping.is_asked(every_s):
        try:
            store.run(lambda connection: work(connection, config, clock, stopping), what=name)
        except Exception:  # whatever one city's rows hold, the next turn is for all of them
            log.exception("%s failed in a way nobody has foreseen; tried again in %.0f s", name, every_s)
            store.close()
    store.close()


def _beliefs(connection: Connection, config: Settings, clock: Clock, stopping: Stopping) -> None:
    kept = keep_beliefs(
        connection, now=clock.now(), keep_readings_days=config.keep_readings_days, stopping=stopping.is_asked
    )
    log.debug("beliefs: %s", kept or "another writer is at it")


def _upkeep(connection: Connection, config: Settings, clock: Clock, stopping: Stopping) -> None:
    done = run_upkeep(
        connection,
        now=clock.now(),
        keep_readings_days=config.keep_readings_days,
        keep_positions_days=config.keep_positions_days,
        stopping=stopping.is_asked,
    )
    log.info("upkeep: %s", done or "another writer is at it")
    with store_errors(), connection.transaction():
        late = look_again(connection)
        forget_old(connection, clock.now())
        forget_private(connection, clock.now())
    if late:
        log.info("%d confirmations count after all: their plans have come", late)
