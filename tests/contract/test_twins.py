"""What only a twin can be asked: the answers of servers that our adapters never provoke, and moments nobody can hit."""

import pytest

from services.errors import StoreAway, StreamAway
from services.stream.kafka import Record
from tests.contract.mqtt_side import Ear, MemoryMqtt
from tests.contract.waiting import eventually
from tests.twins.consumer import MemoryConsumer
from tests.twins.log import MemoryLog
from tests.twins.producer import MemoryProducer
from tests.twins.store import MemoryStore
from tests.twins.stream import MemoryStream


def filled_log(count: int) -> MemoryLog:
    log = MemoryLog()
    producer = MemoryProducer(log)
    producer.confirm([producer.send("t", b"%d" % n, b"%d" % n) for n in range(count)])
    return log


def values(records: list[Record]) -> list[int]:
    return sorted(int(record.value) for record in records)


def test_acknowledging_out_of_order_costs_the_connection() -> None:
    """A strict broker drops such a client (MQTT 3.1.1, 4.6); a twin that did not would hide it."""
    mqtt = MemoryMqtt()
    with Ear(mqtt, "ear", "a/#", acknowledges=False) as ear:
        mqtt.publish([("a/b", b"1"), ("a/b", b"2")])
        ear.wait_for(2)
        mqtt.server.acknowledge("ear", [ear.arrivals[1].message_id])
        eventually(lambda: ear.losses == 1)
        assert ear.wait_for(4) == [b"1", b"2", b"1", b"2"]


def test_member_that_comes_back_shuts_out_its_former_self() -> None:
    """Two processes under one name: the older neither reads on nor moves the offsets."""
    log = filled_log(10)
    former = MemoryConsumer(log, group="g", subscribed=["t"], member="1")
    assert values(former.poll(0)) == list(range(10))
    later = MemoryConsumer(log, group="g", subscribed=["t"], member="1")
    assert values(later.poll(0)) == list(range(10))
    with pytest.raises(StreamAway):
        former.commit()
    with pytest.raises(StreamAway):
        former.poll(0)
    later.commit()


def test_partitions_of_a_named_member_wait_for_it_until_it_expires() -> None:
    """A writer that is restarted finds its place; one that never returns must not keep its part for ever."""
    log = filled_log(40)
    for name in ("1", "2"):
        member = MemoryConsumer(log, group="g", subscribed=["t"], member=name)
        member.poll(0)
        member.close()
    staying = MemoryConsumer(log, group="g", subscribed=["t"], member="2")
    assert staying.poll(0) == []  # member 1 has not polled since member 2 came, so nothing is dealt yet
    log.expire("g", "1")
    assert values(staying.poll(0)) == list(range(40))


def test_delivery_of_a_held_log_is_undecided_and_then_stored() -> None:
    """Slow is not lost: the bridge must neither acknowledge nor send again before it is decided."""
    log = MemoryLog()
    producer = MemoryProducer(log)
    log.pause()
    delivery = producer.send("t", b"k", b"v")
    assert not delivery.is_done
    log.resume()
    assert (delivery.is_done, delivery.exception) == (True, None)
    log.pause()
    lost = producer.send("t", b"k", b"w")
    log.kill()
    assert isinstance(lost.exception, StreamAway)
    with pytest.raises(StreamAway):
        producer.send("t", b"k", b"x")
    log.start()
    assert [record.value for partition in log.partitions("t") for record in partition] == [b"v"]


def test_stream_of_the_pages_is_away_when_told_to() -> None:
    """The pages' tests rely on it to show what a driver sees then."""
    stream = MemoryStream()
    stream.confirm([stream.send("t", b"k", b"v")])
    stream.away = True
    assert not stream.is_there()
    with pytest.raises(StreamAway):
        stream.send("t", b"k", b"w")
    stream.away = False
    assert stream.is_there()
    assert stream.sent == [("t", b"k", b"v")]


def test_store_that_goes_away_amid_a_transaction_keeps_nothing_of_it() -> None:
    """A commit that did not happen leaves no rows: the batch comes again, whole."""
    store = MemoryStore()
    before = store.tables

    def die() -> None:
        with store.transaction():
            store.tables.trucks.clear()
            store.kill()

    with pytest.raises(StoreAway):
        die()
    store.start()
    assert store.tables is before
