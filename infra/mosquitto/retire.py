"""Take a bridge out of service for good without losing what waits for it.

Mosquitto 2.0 hands the messages of a shared subscription to its members in turn, also to one that is away: they wait
in its session, and nobody else gets them. So a member's session must be emptied before it is ended.
"""

import queue
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

QOS = 1
PATIENCE_S = 30.0


class RetireError(Exception):
    """The member's session was not ended; it may be emptied in part. The message says why. Safe to try again."""


def retire_member(host: str, port: int, client_id: str, topic_filter: str, *, quiet_s: float = 2.0) -> int:
    """End the session of `client_id`; what waits in it is published again, for the other members. Says how many.

    The member itself must be stopped, and another must be subscribed. `topic_filter` is what it subscribed to. We
    connect without a password and must be allowed to publish those topics.

    Raises:
        RetireError: the broker is away, refuses us, or does not answer within 30 s.
    """
    waiting: queue.SimpleQueue[paho.MQTTMessage] = queue.SimpleQueue()
    member = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True)
    member.on_message = lambda _client, _userdata, message: waiting.put(message)
    sender = paho.Client(CallbackAPIVersion.VERSION2)
    try:
        _connect(sender, host, port)
        _connect(member, host, port)
        member.unsubscribe(topic_filter)  # from here on its session gets nothing new
        handed_over = _hand_over(waiting, sender, member, quiet_s)
    finally:
        for client in (member, sender):
            client.disconnect()
            client.loop_stop()
    _forget_session(host, port, client_id)
    return handed_over


def _connect(client: paho.Client, host: str, port: int) -> None:
    try:
        client.connect(host, port)
    except OSError as error:
        raise RetireError(f"no MQTT broker at {host}:{port}: {error}") from error
    client.loop_start()
    deadline = time.monotonic() + PATIENCE_S
    while not client.is_connected():
        if time.monotonic() > deadline:
            raise RetireError(f"the MQTT broker at {host}:{port} did not let us in within {PATIENCE_S:.0f} s")
        time.sleep(0.01)


def _hand_over(
    waiting: queue.SimpleQueue[paho.MQTTMessage], sender: paho.Client, member: paho.Client, quiet_s: float
) -> int:
    handed_over = 0
    while True:
        try:
            message = waiting.get(timeout=quiet_s)
        except queue.Empty:
            return handed_over
        sent = sender.publish(message.topic, message.payload, QOS)
        sent.wait_for_publish(PATIENCE_S)
        if not sent.is_published():
            raise RetireError(f"no PUBACK within {PATIENCE_S:.0f} s for a message to {message.topic}")
        member.ack(message.mid, message.qos)  # only now: whatever dies, one of the two sessions holds it
        handed_over += 1


def _forget_session(host: str, port: int, client_id: str) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    try:
        _connect(client, host, port)
    finally:
        client.disconnect()
        client.loop_stop()
