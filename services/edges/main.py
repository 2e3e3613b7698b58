"""The doors over HTTP as a process."""

import logging
import signal
import threading
from functools import partial
from types import FrameType

import uvicorn

from services.clock import clock_from
from services.edges.door_registry import FreshDoorRegistry
from services.edges.doorkeeper import DoorKeeper, doorkeeper_of
from services.edges.outlet import Outlet
from services.edges.server import DoorServer
from services.edges.store import load_door_registry
from services.edges.taking import Made
from services.errors import StreamAway
from services.operations.meters import EdgeMeter
from services.operations.probe import Probe
from services.operations.service import Stopping, running_service
from services.settings import Settings, settings
from services.store.connection import connect_when_there

log = logging.getLogger(__name__)

REFRESH_S = 1.0
TELL_EVERY = 10
"""Turns of the refreshing."""
FINISH_S = 8
"""For answers under way when told to stop: whoever starts us kills after ten seconds, and a network sends again."""


def main() -> None:
    """Serve until told to stop; wait for whatever is away."""
    config, meter = settings(), EdgeMeter()
    with running_service(config, "edges", meter, needs_store=False) as service:
        url = config.database_url.get_secret_value()
        first = connect_when_there(url, name="edges", stopping=service.stopping)
        if first is None:
            return
        first.close()
        registry = FreshDoorRegistry(partial(load_door_registry, url))
        doorkeeper, outlet = doorkeeper_of(config, registry, clock_from(config.clock)), Outlet(config.kafka_at)
        ending = threading.Event()
        side = threading.Thread(target=_beside, args=(doorkeeper, outlet, ending), name="beside", daemon=True)
        side.start()
        try:
            _serve(config, doorkeeper, outlet, meter, service.probe, service.stopping)
        finally:
            ending.set()
            side.join()
            _tell(doorkeeper, outlet)
            outlet.close()


def _serve(
    config: Settings, doorkeeper: DoorKeeper, outlet: Outlet, meter: EdgeMeter, probe: Probe, stopping: Stopping
) -> None:
    if stopping():
        return

    async def turned() -> None:
        probe.turned()

    served = uvicorn.Config(
        DoorServer(doorkeeper, outlet, meter), host=config.edges_host, port=config.edges_port, log_config=None,
        access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=FINISH_S,
        callback_notify=turned, timeout_notify=1,
    )  # fmt: skip
    Server(served).run()


class Server(uvicorn.Server):
    """Finishes what it is answering when told to stop; told twice, it ends at once."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        log.info("doors open at %s:%d", self.config.host, self.config.port)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        super().handle_exit(sig, frame)


def _beside(doorkeeper: DoorKeeper, outlet: Outlet, ending: threading.Event) -> None:
    """Keep the registry fresh, and tell what was noted: on a thread of its own, for both may wait for a server."""
    turns = 0
    while not ending.wait(REFRESH_S):
        doorkeeper.registry.refresh_if_due()
        turns += 1
        if turns % TELL_EVERY == 0:
            _tell(doorkeeper, outlet)


def _tell(doorkeeper: DoorKeeper, outlet: Outlet) -> None:
    def send(made: Made) -> None:
        try:
            outlet.send(made)
        except StreamAway as away:
            log.warning("a note of devices is lost: %s", away)

    doorkeeper.tell(send)


if __name__ == "__main__":
    main()
