"""What the subscriber makes of bytes from a broker, however the network cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from services.stream.mqtt_batches import MAX_PACKET_BYTES, READ_BYTES, Arrival, BatchingClient

PINGRESP = b"\xd0\x00"


def publish(topic: bytes, payload: bytes, message_id: int, flags: int = 0x32) -> bytes:
    """A PUBLISH packet (MQTT 3.1.1, section 3.3)."""
    body = len(topic).to_bytes(2, "big") + topic + message_id.to_bytes(2, "big") + payload
    return bytes([flags]) + remaining_length(len(body)) + body


def remaining_length(size: int) -> bytes:
    """Seven bits a byte, the lowest first (section 2.2.3)."""
    digits = []
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)


class Fed(BatchingClient):
    """Reads what the test gives it instead of a socket."""

    def __init__(self, chunks: list[bytes]) -> None:
        super().__init__("test")
        self.chunks = chunks
        self.came: list[Arrival] = []
        self.on_arrivals = self.came.extend

    def _sock_recv(self, bufsize: int) -> bytes:  # noqa: ARG002
        return self.chunks.pop(0)

    def read_all(self) -> MQTTErrorCode:
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        while self.chunks and result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            result = self._packet_read()
        return result


messages = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=40),
        st.binary(max_size=300),
        st.integers(1, 65535),
        st.sampled_from([0x32, 0x3A, 0x33]),
    ),
    max_size=8,
)


@given(messages, st.lists(st.integers(0, 3000), max_size=12), st.booleans())
def test_messages_are_the_same_however_the_bytes_are_cut(
    sent: list[tuple[bytes, bytes, int, int]], cuts: list[int], pings: bool
) -> None:
    """TCP keeps order, not packets: a length cut in two, or ten messages in one read, must not lose or mix any."""
    parts = [
        publish(topic, payload, number, flags) + (PINGRESP if pings else b"") for topic, payload, number, flags in sent
    ]
    stream = b"".join(parts)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)} - {0})
    client = Fed([stream[a:b] for a, b in zip([0, *ends], ends, strict=False) if a < b])
    assert client.read_all() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert client.came == [Arrival(topic, payload, number) for topic, payload, number, _ in sent]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x32\x03\x00\x09a",  # the topic is longer than its packet
        b"\x32\x02\x00\x00",  # no message id
        b"\x32" + remaining_length(MAX_PACKET_BYTES + 1),
        b"\x32\xff\xff\xff\xff\x7f",  # five bytes of length
    ],
)
def test_contradictory_packet_ends_the_connection(nonsense: bytes) -> None:
    """Better a reconnect, after which the broker sends again, than a message made of rubbish."""
    client = Fed([publish(b"t", b"first", 1), nonsense])
    assert client.read_all() == MQTTErrorCode.MQTT_ERR_PROTOCOL
    assert client.came == [Arrival(b"t", b"first", 1)]


def test_messages_without_promise_are_passed_over() -> None:
    """QoS 0 cannot be acknowledged; our devices publish with QoS 1."""
    qos_0 = b"\x30" + remaining_length(4) + b"\x00\x01t!"
    client = Fed([qos_0 + publish(b"t", b"kept", 2)])
    client.read_all()
    assert client.came == [Arrival(b"t", b"kept", 2)]


def test_what_the_broker_tells_of_itself_is_heard() -> None:
    """It comes with QoS 0, amid the devices' messages, and must not be taken for one."""
    topic = b"$SYS/broker/x"
    own = b"\x31" + remaining_length(2 + len(topic) + 1) + len(topic).to_bytes(2, "big") + topic + b"7"
    client = Fed([publish(b"t", b"before", 1) + own + publish(b"t", b"after", 2)])
    heard: list[tuple[str, bytes]] = []
    client.on_message = lambda _c, _u, message: heard.append((message.topic, message.payload))
    client.read_all()
    assert heard == [("$SYS/broker/x", b"7")]
    assert client.came == [Arrival(b"t", b"before", 1), Arrival(b"t", b"after", 2)]


def test_read_that_was_full_is_followed_at_once_and_one_that_was_not_lets_the_next_gather() -> None:
    """Networks' uplinks fill a read with fifty: to sleep after each of these would cap what a bridge can take."""
    uplink = publish(b"tournee/v1/c/chirpstack/main/up", b"x" * 1350, 7)
    full = (uplink * (READ_BYTES // len(uplink) + 1))[:READ_BYTES]
    client = Fed([full, uplink[READ_BYTES % len(uplink) :] + uplink * 19])
    assert client._packet_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert len(client.came) == READ_BYTES // len(uplink)
    assert not client._is_busy
    assert client._packet_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert len(client.came) == READ_BYTES // len(uplink) + 20
    assert client._is_busy
