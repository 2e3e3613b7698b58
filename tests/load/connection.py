"""One simulated gateway of devices: a socket, a window of messages in flight, and what it must send again."""

import socket
from collections import deque

from tests.load import packets
from tests.load.ledger import ACKNOWLEDGED, Ledger
from tests.load.messages import Messages

ID_BYTES = tuple(n.to_bytes(2, "big") for n in range(packets.PACKET_IDS + 1))
RECEIVE_BYTES = 65_536
CONNACK_BYTES = 4


class Connection:
    """Publishes messages number, number + step, number + 2 step, ... of the plan: always those of the same devices."""

    def __init__(
        self, number: int, step: int, plan: Messages, ledger: Ledger, *, window: int, twice_every: int | None
    ) -> None:
        self.number = number
        self.socket: socket.socket | None = None
        self.is_accepted = False
        self.tries = 0
        self.retry_at_s = 0.0
        self.out = bytearray()
        self._received = bytearray()
        self._plan, self._ledger = plan, ledger
        self._window, self._twice_every, self._step = window, twice_every, step
        self._next = number
        self._packet_id = 0
        self._in_flight: dict[int, int] = {}
        self._again: deque[int] = deque()
        self._twice: deque[int] = deque()
        self._head = (-1, b"")

    @property
    def is_finished(self) -> bool:
        return self._next >= self._plan.count and not self.owes

    @property
    def owes(self) -> bool:
        """Whether something that was sent is unacknowledged, or must be sent again."""
        return bool(self._in_flight or self._again or self._twice)

    def open(self, sock: socket.socket, hello: bytes) -> None:
        self.socket, self.is_accepted = sock, False
        self.out[:] = hello
        self._received.clear()

    def lose(self) -> None:
        """The connection is gone: what is unacknowledged will be sent again, in its order (section 4.6)."""
        if self.socket is not None:
            self.socket.close()
        self.socket, self.is_accepted = None, False
        unsettled = dict.fromkeys([*self._in_flight.values(), *self._again])
        self._again = deque(index for index in unsettled if self._ledger.states[index] != ACKNOWLEDGED)
        self._in_flight.clear()

    def receive(self) -> None:
        """Take what the broker sent.

        Raises:
            ConnectionError: it has closed the connection.
            packets.ProtocolError: it refused us, or says something else than PUBACK.
        """
        assert self.socket is not None
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("closed by the broker")
        self._received += data
        if not self.is_accepted and len(self._received) >= CONNACK_BYTES:
            packets.check_connack(bytes(self._received[:CONNACK_BYTES]))
            del self._received[:CONNACK_BYTES]
            self.is_accepted, self.tries = True, 0
        if self.is_accepted:
            for packet_id in packets.take_pubacks(self._received):
                index = self._in_flight.pop(packet_id, None)
                if index is not None:
                    self._ledger.acknowledge(index)

    def fill(self, due: int) -> None:
        """Put what the window has room for into `out`: first what must come again, then new messages below `due`."""
        room = self._window - len(self._in_flight)
        if room <= 0 or not self.is_accepted:
            return
        parts: list[bytes] = []
        for waiting, dup in ((self._again, True), (self._twice, False)):
            for _ in range(min(room, len(waiting))):
                self._encode(parts, waiting.popleft(), dup=dup)
                self._ledger.sent_again += 1
                room -= 1
        fresh = range(self._next, min(due, self._plan.count), self._step)[:room]
        for index in fresh:
            self._encode(parts, index, dup=False)
        if fresh:
            self._note_sent(fresh)
        self.out += b"".join(parts)

    def _note_sent(self, fresh: range) -> None:
        self._next = fresh[-1] + self._step
        self._ledger.note_sent(fresh)
        if self._twice_every:
            self._twice += [index for index in fresh if index % self._twice_every == 0]

    def _encode(self, parts: list[bytes], index: int, *, dup: bool) -> None:
        packet_id = self._packet_id % packets.PACKET_IDS + 1
        while packet_id in self._in_flight:
            packet_id = packet_id % packets.PACKET_IDS + 1
        self._packet_id = packet_id
        self._in_flight[packet_id] = index
        plan = self._plan
        round_number, place = divmod(index, plan.containers)
        if self._head[0] != round_number:
            self._head = (round_number, plan.payload_head(round_number))
        topic = plan.publish_heads[place]
        if dup:
            topic = bytes([packets.PUBLISH_QOS1_DUP]) + topic[1:]
        parts += (
            topic,
            ID_BYTES[packet_id],
            self._head[1],
            plan.fill_texts[index * 7919 % 10_000],
            plan.payload_end(place),
        )
