"""The store's housekeeping, beside the stream: rollups and retention, now and then."""

import logging
import threading
from functools import partial

from services.clock import Clock, clock_from
from services.operations.service import Stopping
from services.settings import Settings
from services.store.connection import Connection
from services.store.link import StoreLink
from services.store.upkeep import run_upkeep

log = logging.getLogger(__name__)

EVERY_S = 300.0


def start_upkeep(config: Settings, stopping: Stopping) -> threading.Thread:
    """Keep rollups and retention on a thread and a connection of its own; of several writers one does it at a time."""
    thread = threading.Thread(target=_keep, args=(config, stopping), name="upkeep", daemon=True)
    thread.start()
    return thread


def _keep(config: Settings, stopping: Stopping) -> None:
    clock = clock_from(config.clock)
    store = StoreLink(config.database_url.get_secret_value(), name="upkeep", stopping=stopping)
    while not stopping.is_asked(EVERY_S):
        store.run(partial(_run, config=config, clock=clock, stopping=stopping), what="upkeep")
    store.close()


def _run(connection: Connection, config: Settings, clock: Clock, stopping: Stopping) -> None:
    done = run_upkeep(
        connection,
        now=clock.now(),
        keep_readings_days=config.keep_readings_days,
        keep_positions_days=config.keep_positions_days,
        stopping=stopping.is_asked,
    )
    log.info("upkeep: %s", done or "another writer is at it")
