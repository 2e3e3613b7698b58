"""The sender of webhooks as a process."""

import logging
from collections.abc import Sequence

from services.operations.meters import WebhookMeter
from services.operations.service import Stopping, running_service
from services.settings import settings
from services.store.alone import alone
from services.store.connection import Connection
from services.store.link import StoreLink
from services.webhook.address import read_networks
from services.webhook.current import Current
from services.webhook.sender import Sender
from services.webhook.sending import Poster
from services.webhook.texting import Texter

log = logging.getLogger(__name__)

LOCK = 0x77656268
"""`webh`: of several senders one sends."""
LOOK_S = 0.5
STAND_BY_S = 5.0


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config, meter = settings(), WebhookMeter()
    poster = Poster(read_networks(config.webhook_networks), config.webhook_ca)
    with running_service(config, "webhook", meter, asks_kafka=False) as service:
        stopping, outgoing = service.stopping, (Sender(poster, meter), Current(poster), Texter(poster))
        store = StoreLink(config.database_url.get_secret_value(), name="webhook", stopping=stopping)
        log.info("tells webhooks")
        while not stopping():
            store.run(lambda connection: _send(connection, outgoing, stopping), what="the outbox")
            stopping.wait(STAND_BY_S)
        for each in outgoing:
            each.close()
        store.close()


def _send(connection: Connection, outgoing: Sequence[Sender | Current | Texter], stopping: Stopping) -> None:
    """Turn after turn while nobody else does; on this connection, whose lock says so. It ends when told to."""
    with alone(connection, LOCK) as is_alone:
        while is_alone and not stopping.wait(LOOK_S):
            for each in outgoing:
                each.turn(connection)
        if is_alone:
            for each in outgoing:
                each.finish(connection)


if __name__ == "__main__":
    main()
