"""paho's client, taught to take and to acknowledge messages by the batch."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

log = logging.getLogger(__name__)

QOS_AT_MOST_ONCE = 0
QOS_AT_LEAST_ONCE = 1
READ_BYTES = 64 * 1024
BUSY_MESSAGES = 5
GATHER_S = 0.004
"""After a read that brought several messages, let the next ones gather: each turn costs system calls and wake-ups
whatever it brings. Not after one that was full: the next is there, and networks' uplinks fill it with fifty."""
MAX_PACKET_BYTES = 1024 * 1024
"""A packet larger than this is not from a broker of ours: our brokers refuse messages over 64 KiB."""
PUBLISH = 0x30
PUBLISH_QOS_1 = 0x32
DUP_AND_RETAIN = 0x09
PUBACK = 0x40
TOPIC_BEGINS = 2
"""After its length (MQTT 3.1.1, section 3.3.2)."""
OF_THE_BROKER = b"$SYS/"
"""How the topics begin on which a broker tells of itself; nobody else can publish there."""


class Arrival(NamedTuple):
    """One message as it came, with what acknowledges it."""

    topic: bytes
    """UTF-8, unless the sender is broken."""
    payload: bytes
    message_id: int


class BatchingClient(paho.Client):
    """paho, with a shorter way for what comes by the thousand.

    For each message paho makes four system calls, an object with a condition variable and several locks: some 45 us.
    Here one read takes as many QoS 1 messages as have come (2 us each), and one write acknowledges any number. All
    else (connecting, keeping alive, subscribing, TLS, reconnecting) stays paho's. It leans on private names of paho's,
    all in this class, with paho pinned; the contract tests on real brokers say when they move.
    """

    def __init__(self, client_id: str) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True)
        self.on_arrivals: Callable[[list[Arrival]], None] = lambda _arrivals: None
        self.failure: BaseException | None = None
        """What ended the network thread, if anything did."""
        self._rest = b""
        self._is_busy = False
        self._pubacks: list[bytes] = []
        self._pubacks_lock = threading.Lock()

    def forget_connection(self) -> None:
        """It is gone, and with it its unfinished packet and what was to be acknowledged."""
        self._rest = b""
        with self._pubacks_lock:
            self._pubacks.clear()

    def be_forgotten(self) -> None:
        """From its next connection on the broker keeps nothing for this client, and drops what it has kept.

        To be called while the network thread does not run.
        """
        self._clean_session = True
        self._reset_sockets(sockpair_only=True)  # the next thread makes a pair of its own, and forgets this one

    def acknowledge(self, message_ids: Iterable[int]) -> None:
        """PUBACKs, in this order, as one write, by the network thread: paho's queue is not safe from another."""
        packet = b"".join([b"\x40\x02" + message_id.to_bytes(2, "big") for message_id in message_ids])
        with self._pubacks_lock:
            self._pubacks.append(packet)
        if self._sockpairW is not None:
            with suppress(BlockingIOError):  # it has been woken often enough
                self._sockpairW.send(b"0")

    def _packet_write(self) -> MQTTErrorCode:
        """Write what is queued: overrides paho's, to put the acknowledgements before it (a DISCONNECT, say)."""
        with self._pubacks_lock:
            packet = b"".join(self._pubacks)
            self._pubacks.clear()
        if packet:
            half_written = bool(self._out_packet) and self._out_packet[0]["pos"] > 0
            self._out_packet.insert(
                int(half_written),
                {
                    "command": PUBACK,
                    "mid": 0,
                    "qos": QOS_AT_LEAST_ONCE,
                    "pos": 0,
                    "to_process": len(packet),
                    "packet": packet,
                    "info": None,
                },
            )
        return super()._packet_write()

    def _thread_main(self) -> None:
        try:
            super()._thread_main()
        except BaseException as failure:
            self.failure = failure
            raise

    def _packet_read(self) -> MQTTErrorCode:
        """Take what the socket holds: overrides paho's reading of a single packet."""
        if self._is_busy:
            time.sleep(GATHER_S)
        try:
            chunk = self._read()
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError as error:
            log.warning("reading from MQTT: %s", error)
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not chunk:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        result = self._take(self._rest + chunk if self._rest else chunk)
        if len(chunk) >= READ_BYTES:
            self._is_busy = False
        return result

    def _read(self) -> bytes:
        """What has come, up to a full read. TLS gives it record by record, of which a broker makes one a message.

        Raises:
            BlockingIOError: nothing.
            OSError: the connection is lost.
        """
        chunk: bytes = self._sock_recv(READ_BYTES)
        if not isinstance(self._sock, ssl.SSLSocket) or not chunk:
            return chunk
        records, size = [chunk], len(chunk)
        while size < READ_BYTES:
            try:
                record = self._sock_recv(READ_BYTES - size)
            except OSError:  # nothing more, or an end that the next read meets again
                break
            if not record:
                break
            records.append(record)
            size += len(record)
        return b"".join(records)

    def _take(self, data: bytes) -> MQTTErrorCode:
        """Every whole packet in `data`; what is left waits for its other half."""
        arrivals: list[Arrival] = []
        result, at, end = MQTTErrorCode.MQTT_ERR_SUCCESS, 0, len(data)
        while result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            body, size = _packet_bounds(data, at, end)
            if size > MAX_PACKET_BYTES:
                result = MQTTErrorCode.MQTT_ERR_PROTOCOL
                break
            if body == 0 or body + size > end:
                break
            command, after = data[at], body + size
            if command & ~DUP_AND_RETAIN == PUBLISH_QOS_1:
                arrival = _arrival(data, body, after)
                if arrival is None:
                    result = MQTTErrorCode.MQTT_ERR_PROTOCOL
                    break
                arrivals.append(arrival)
            else:
                self._hand_over(arrivals)
                result = self._other_packet(command, data[body:after])
            at = after
        self._rest = data[at:]
        self._is_busy = len(arrivals) >= BUSY_MESSAGES
        self._hand_over(arrivals)
        return result

    def _hand_over(self, arrivals: list[Arrival]) -> None:
        if arrivals:
            self.on_arrivals(arrivals.copy())
            arrivals.clear()

    def _other_packet(self, command: int, body: bytes) -> MQTTErrorCode:
        """Anything but a QoS 1 message, the way paho does it."""
        if command & 0xF0 == PUBLISH and not body.startswith(OF_THE_BROKER, TOPIC_BEGINS):
            return MQTTErrorCode.MQTT_ERR_SUCCESS  # QoS 0: nobody was promised anything; our devices use QoS 1
        self._in_packet["command"] = command
        self._in_packet["packet"] = bytearray(body)
        self._in_packet["remaining_length"] = len(body)
        return self._packet_handle()


def _packet_bounds(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the body of the packet at `at` begins and its size in bytes; (0, 0) while the header is incomplete.

    MQTT 3.1.1, section 2.2.3: seven bits a byte, at most four bytes.
    """
    size, shift = 0, 0
    for place in range(at + 1, min(at + 5, end)):
        byte = data[place]
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return place + 1, size
        shift += 7
    return (0, MAX_PACKET_BYTES + 1) if end - at > 4 else (0, 0)


def _arrival(data: bytes, body: int, after: int) -> Arrival | None:
    """The QoS 1 message in `data[body:after]`; None where its lengths contradict each other."""
    if after - body < 4:
        return None
    topic_end = body + 2 + (data[body] << 8 | data[body + 1])
    if topic_end + 2 > after:
        return None
    message_id = data[topic_end] << 8 | data[topic_end + 1]
    return Arrival(data[body + 2 : topic_end], data[topic_end + 2 : after], message_id)
