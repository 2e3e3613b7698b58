"""kafka-python's clients, made so that neither a broker that refuses nor one that is not found leaves anything open.

kafka-python 3.0 forgets two things. `kafka.net.inet` leaves a socket whose connection was refused to the garbage
collector. And a client that finds no broker in time raises from its constructor, where nobody can close it: its wake-up
sockets stay, and the network thread that a consumer or an admin client has started by then goes on for ever.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

_SCHEME = "tournee-direct"


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc]  # kafka-python tells no types
    """A direct connection, closed where it does not come about.

    kafka-python picks who connects by the scheme of `proxy_url`, and knows each subclass by its `SCHEMES`.
    """

    SCHEMES: ClassVar = (_SCHEME,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:  # GeneratorExit too: it was given up
            sock.close()
            raise


def open_client[T](client: Callable[..., T], *topics: str, **options: Any) -> T:
    """A `KafkaProducer`, `KafkaConsumer` or `KafkaAdminClient`; the caller closes it.

    Raises:
        KafkaError: no broker answers; nothing is left open.
    """
    made: list[KafkaNetClient] = []

    def network(**configs: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**configs))
        return made[-1]

    try:
        return client(*topics, proxy_url=f"{_SCHEME}://", kafka_client=network, **options)
    except BaseException:
        for each in made:
            each.close()
        raise
