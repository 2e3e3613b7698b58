"""What the bridge relies on, from every MQTT broker and its twin."""

import time
from collections import defaultdict
from datetime import UTC, datetime

from services.contracts.devices import parse_device_topic
from services.contracts.topics import MQTT_EVERYTHING
from tests.contract.capabilities import Promise, lacks, on_every_server
from tests.contract.mqtt_side import Ear, MqttSide
from tests.contract.waiting import PATIENCE_S, eventually
from tests.load.messages import Messages

BURST = 20_000
MOST_BYTES = 64 * 1024
"""Of a packet. Mosquitto counts the payload alone (`message_size_limit`), the embedded broker all of it."""
HEADER_BYTES = 100
IN_VAIN_S = 2.0
FOR_ACKNOWLEDGEMENTS_S = 0.2


def messages(city: str, count: int, first: int = 0) -> list[tuple[str, bytes]]:
    """Numbered messages of five containers."""
    return [(f"tournee/v1/{city}/containers/C{n % 5}/reading", b"%d" % n) for n in range(first, first + count)]


def payloads(count: int, first: int = 0) -> list[bytes]:
    return [b"%d" % n for n in range(first, first + count)]


def everything(city: str) -> str:
    return f"tournee/v1/{city}/#"


@on_every_server("mqtt")
def test_what_was_not_acknowledged_comes_again_in_its_order(mqtt: MqttSide, city: str) -> None:
    """A bridge that is stopped and started goes on where its acknowledgements ended.

    Or a little before: what Mosquitto has not read yet when the connection closes it does not read any more.
    """
    with Ear(mqtt, city, everything(city), acknowledges=False) as ear:
        mqtt.publish(messages(city, 100))
        assert ear.wait_for(100) == payloads(100)
        ear.acknowledge(40)
        time.sleep(FOR_ACKNOWLEDGEMENTS_S)
    with Ear(mqtt, city, everything(city)) as ear:
        ear.wait_for(60)
        mqtt.publish(messages(city, 1, first=100))
        eventually(lambda: b"100" in ear.payloads)
        assert 61 <= len(ear.payloads) < 101
        assert ear.payloads == payloads(101)[-len(ear.payloads) :]


@on_every_server("mqtt")
def test_broken_connection_is_told_and_brings_the_unacknowledged_again(mqtt: MqttSide, city: str) -> None:
    """The bridge forgets what was on its way only because the broker has it still."""
    with Ear(mqtt, city, everything(city), acknowledges=False) as ear:
        mqtt.publish(messages(city, 50))
        ear.wait_for(50)
        ear.forget()
        ear.acknowledges_from_now()
        ear.cut()
        ear.wait_for(50)
        assert ear.losses == 1
        mqtt.publish(messages(city, 50, first=50))
        assert ear.wait_for(100) == payloads(100)


@on_every_server("mqtt")
def test_messages_wait_for_a_subscriber_that_is_away(mqtt: MqttSide, city: str) -> None:
    """A bridge that is updated at noon must find the readings of the minute in which it was away."""
    with Ear(mqtt, city, everything(city)):
        pass
    mqtt.publish(messages(city, 300))
    with Ear(mqtt, city, everything(city)) as ear:
        assert ear.wait_for(300) == payloads(300)


@on_every_server("mqtt")
def test_shared_subscription_splits_and_together_they_hear_all_once(mqtt: MqttSide, city: str) -> None:
    """Two bridges carry twice as much only if no message goes to both, and none to neither."""
    shared = f"$share/{city}/{everything(city)}"
    with Ear(mqtt, f"{city}-1", shared) as one, Ear(mqtt, f"{city}-2", shared) as two:
        mqtt.publish(messages(city, 1000))
        eventually(lambda: len(one.arrivals) + len(two.arrivals) >= 1000)
        mqtt.publish(messages(city, 2, first=1000))  # so that one too many would have come
        eventually(lambda: len(one.arrivals) + len(two.arrivals) >= 1002)
        assert sorted(one.payloads + two.payloads, key=int) == payloads(1002)
        assert min(len(one.arrivals), len(two.arrivals)) >= 250


@on_every_server("mqtt", needs=Promise.SHARED_COMES_AGAIN)
def test_what_a_shared_subscriber_had_not_acknowledged_comes_again(mqtt: MqttSide, city: str) -> None:
    """A bridge that dies beside another must not take with it what it had in its hands."""
    patience_s = IN_VAIN_S if lacks(mqtt.kind, Promise.SHARED_COMES_AGAIN) else PATIENCE_S
    shared = f"$share/{city}/{everything(city)}"
    with Ear(mqtt, f"{city}-1", shared) as one:
        with Ear(mqtt, f"{city}-2", shared, acknowledges=False) as two:
            mqtt.publish(messages(city, 100))
            eventually(lambda: len(one.arrivals) + len(two.arrivals) >= 100)
            assert two.arrivals
        with Ear(mqtt, f"{city}-2", shared) as again:
            eventually(lambda: {*one.payloads, *again.payloads} == {*payloads(100)}, patience_s=patience_s)


@on_every_server("mqtt")
def test_filter_takes_its_own_topics_only(mqtt: MqttSide, city: str) -> None:
    """A trucks' message among the readings would be refused as a broken reading."""
    readings, fix = f"tournee/v1/{city}/containers/+/reading", (f"tournee/v1/{city}/trucks/T1/position", b"fix")
    deeper = (f"tournee/v1/{city}/containers/C1/reading/deeper", b"deeper")
    with Ear(mqtt, city, readings) as ear:
        mqtt.publish([fix, deeper, *messages(city, 3)])
        assert ear.wait_for(3) == payloads(3)
        assert ear.arrivals[0].topic == f"tournee/v1/{city}/containers/C0/reading".encode()


@on_every_server("mqtt")
def test_large_and_binary_payloads_come_whole(mqtt: MqttSide, city: str) -> None:
    """What is too large for a reading is told to the technician with its bytes; the broker must not cut it off."""
    large, binary = bytes(n % 251 for n in range(MOST_BYTES - HEADER_BYTES)), b"\x00\xff\xfe"
    topic = f"tournee/v1/{city}/x"
    with Ear(mqtt, city, everything(city)) as ear:
        mqtt.publish([(topic, large), (topic, binary), (topic, b"")])
        assert ear.wait_for(3) == [large, binary, b""]


@on_every_server("mqtt")
def test_burst_keeps_each_device_in_order(mqtt: MqttSide, city: str) -> None:
    """A city that reports at once, through a window of messages in flight: all of it, and no device out of order."""
    plan = Messages(city, BURST, 20, datetime(2026, 3, 1, tzinfo=UTC))
    with Ear(mqtt, city, everything(city)) as ear:
        mqtt.publish_plan(plan)
        ear.wait_for(BURST)
        heard = defaultdict[str, list[bytes]](list)
        for arrival in ear.arrivals:
            device = parse_device_topic(arrival.topic.decode())
            assert device is not None
            heard[device.device].append(arrival.payload)
    assert heard == {
        container: [plan.payload(n) for n in range(place, BURST, plan.containers)]
        for place, container in enumerate(plan.container_ids)
    }


@on_every_server("mqtt")
def test_held_broker_goes_on_where_it_was(mqtt: MqttSide, city: str) -> None:
    """A broker that stands still for a moment costs the moment."""
    with Ear(mqtt, city, everything(city)) as ear:
        mqtt.publish(messages(city, 100))
        mqtt.server.pause()
        mqtt.server.resume()
        mqtt.publish(messages(city, 100, first=100))
        assert ear.wait_for(200) == payloads(200)


@on_every_server("mqtt", needs=Promise.MESSAGES_OUTLIVE_A_KILL)
def test_acknowledged_message_survives_a_kill_of_the_broker(mqtt: MqttSide, city: str) -> None:
    """A device that has its PUBACK has thrown the reading away: from then on it is only here. Twice is no harm."""
    patience_s = IN_VAIN_S if lacks(mqtt.kind, Promise.MESSAGES_OUTLIVE_A_KILL) else PATIENCE_S
    bridge = f"tournee-bridge-{city}"  # whose messages the journal keeps: docs/mosquitto.md
    with Ear(mqtt, bridge, MQTT_EVERYTHING):
        pass
    mqtt.publish(messages(city, 500))
    mqtt.server.kill()
    mqtt.server.start()
    with Ear(mqtt, bridge, MQTT_EVERYTHING) as ear:
        eventually(lambda: set(ear.payloads_of(city)) == set(payloads(500)), patience_s=patience_s)
    mqtt.end_session(bridge)
