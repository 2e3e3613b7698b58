"""The few MQTT 3.1.1 packets that a publishing device needs, by hand: a client library costs more than our rate allows.

OASIS MQTT 3.1.1: http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

CONNACK, PUBACK = 0x20, 0x40
PUBLISH_QOS1, PUBLISH_QOS1_DUP = 0x32, 0x3A
DISCONNECT = b"\xe0\x00"
PACKET_IDS = 65_535

REFUSALS = {
    1: "unacceptable protocol version",
    2: "client id rejected",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorized",
}


class ProtocolError(Exception):
    """The broker said what MQTT 3.1.1 does not foresee here, or refused the connection."""


def text(value: bytes) -> bytes:
    """A string with its two bytes of length (section 1.5.3)."""
    return len(value).to_bytes(2, "big") + value


def remaining_length(value: int) -> bytes:
    """Seven bits a byte, least first (section 2.2.3)."""
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


LONGEST_KEEPALIVE_S = 65_535
"""Eighteen hours without a ping. 0, which is never, is refused by some brokers (rumqttd)."""


def connect(
    client_id: str, credentials: tuple[str, str] | None = None, keepalive_s: int = LONGEST_KEEPALIVE_S
) -> bytes:
    """A session that the broker keeps (clean session 0), so that re-sending after a reconnect is by the book (4.4)."""
    flags, identity = 0, text(client_id.encode())
    if credentials is not None:
        flags |= 0xC0
        identity += text(credentials[0].encode()) + text(credentials[1].encode())
    body = text(b"MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big") + identity
    return b"\x10" + remaining_length(len(body)) + body


def publish_head(topic: bytes, payload_bytes: int) -> bytes:
    """All of a QoS 1 PUBLISH before its packet id, without DUP."""
    return bytes([PUBLISH_QOS1]) + remaining_length(2 + len(topic) + 2 + payload_bytes) + text(topic)


def check_connack(packet: bytes) -> None:
    """See that the broker accepted.

    Raises:
        ProtocolError: it did not; the message says why.
    """
    if len(packet) != 4 or packet[0] != CONNACK:
        raise ProtocolError(f"expected CONNACK, got {packet[:8].hex()}")
    if packet[3]:
        raise ProtocolError(f"the broker refuses the connection: {REFUSALS.get(packet[3], packet[3])}")


def take_pubacks(received: bytearray) -> list[int]:
    """Remove the whole PUBACKs from the front of what was received; their packet ids.

    Raises:
        ProtocolError: something else came. A publisher without keep-alive and subscriptions is sent nothing else.
    """
    whole = len(received) // 4 * 4
    packets = bytes(received[:whole])
    del received[:whole]
    if packets[0::4].strip(b"\x40") or packets[1::4].strip(b"\x02"):
        raise ProtocolError(f"expected PUBACK, got {packets[:16].hex()}")
    return [high << 8 | low for high, low in zip(packets[2::4], packets[3::4], strict=True)]
