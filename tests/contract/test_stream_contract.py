"""What the services rely on, from Apache Kafka, from the embedded broker and from the twin."""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from uuid import uuid4
from zlib import crc32

import pytest

from services.errors import StreamAway
from services.stream import kafka
from services.stream.kafka import Record
from services.stream.ports import EventSink, EventSource
from tests.contract.capabilities import Promise, lacks, on_every_server
from tests.contract.crew import Crew, Member
from tests.contract.stream_side import DELIVERY_TIMEOUT_S, StreamSide, closing
from tests.contract.waiting import PATIENCE_S

PLAN_BYTES = 5 * 1024 * 1024
"""About a plan of 10,000 containers."""


@pytest.fixture
def group() -> str:
    """A consumer group that no other test has used."""
    return f"g-{uuid4().hex}"


@pytest.fixture
def producer(stream: StreamSide) -> Iterator[EventSink]:
    """A producer, closed at the end."""
    with closing(stream.producer()) as producer:
        yield producer


def events(count: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    """Numbered events of twenty keys."""
    return [(b"city/C%d" % (n % 20), b"%d" % n) for n in range(first, first + count)]


def send(producer: EventSink, topic: str, sent: Iterable[tuple[bytes, bytes]]) -> None:
    producer.confirm([producer.send(topic, key, value) for key, value in sent])


def read(consumer: EventSource, count: int, patience_s: float = PATIENCE_S) -> list[Record]:
    """Poll until so many have come, and not longer; fewer when patience ends."""
    records: list[Record] = []
    deadline_s = time.monotonic() + patience_s
    while len(records) < count and time.monotonic() < deadline_s:
        records += consumer.poll(0.2)
    return records


def numbers(records: Iterable[Record]) -> list[int]:
    return sorted(int(record.value) for record in records)


@on_every_server("stream")
def test_events_of_a_key_keep_their_order(stream: StreamSide, producer: EventSink, group: str) -> None:
    """A container's readings are one story; a truck's confirmations too."""
    topic = stream.make_topic()
    send(producer, topic, events(2000))
    with closing(stream.consumer([topic], group=group)) as consumer:
        records = read(consumer, 2000)
    by_key = defaultdict[bytes, list[bytes]](list)
    for record in records:
        assert record.key is not None
        assert (record.topic, record.partition) == (topic, crc32(record.key) % kafka.PARTITIONS)
        by_key[record.key].append(record.value)
    expected = defaultdict[bytes, list[bytes]](list)
    for key, value in events(2000):
        expected[key].append(value)
    assert by_key == expected
    for partition in {record.partition for record in records}:
        offsets = [record.offset for record in records if record.partition == partition]
        assert offsets == sorted(set(offsets))


@on_every_server("stream")
def test_offsets_move_only_on_commit(stream: StreamSide, producer: EventSink, group: str) -> None:
    """A writer that ended before the store had committed is given the same events again; afterwards never more."""
    topic = stream.make_topic()
    send(producer, topic, events(100))
    with closing(stream.consumer([topic], group=group, member="1")) as consumer:
        assert numbers(read(consumer, 100)) == list(range(100))
    with closing(stream.consumer([topic], group=group, member="1")) as consumer:
        assert numbers(read(consumer, 100)) == list(range(100))
        consumer.commit()
        send(producer, topic, events(50, first=100))
        assert numbers(read(consumer, 50)) == list(range(100, 150))
    with closing(stream.consumer([topic], group=group, member="1")) as consumer:
        assert numbers(read(consumer, 50)) == list(range(100, 150))
        consumer.commit()
    send(producer, topic, events(1, first=150))
    with closing(stream.consumer([topic], group=group, member="1")) as consumer:
        assert numbers(read(consumer, 1)) == [150]


@on_every_server("stream")
def test_groups_do_not_share(stream: StreamSide, producer: EventSink, group: str) -> None:
    """What the writer has stored, the planner must still be given."""
    topic, other = stream.make_topic(), stream.make_topic()
    send(producer, topic, events(10))
    send(producer, other, events(10, first=10))
    for name in (group, f"{group}-2"):
        with closing(stream.consumer([topic, other], group=name)) as consumer:
            assert numbers(read(consumer, 20)) == list(range(20))
            consumer.commit()


@on_every_server("stream", needs=Promise.STEADY_GROUPS)
def test_members_share_partitions_and_one_that_leaves_hands_over(
    stream: StreamSide, producer: EventSink, group: str
) -> None:
    """Writers are added and taken away amid a burst: each event to one of them, none to neither."""
    topic = stream.make_topic()
    join = partial(Member, partial(stream.consumer, [topic], group=group))
    crew = Crew(lambda which: send(producer, topic, [(b"city/C%d" % (n % 20), b"%d" % n) for n in which]))
    patience_s = 10.0 if lacks(stream.kind, Promise.STEADY_GROUPS) else PATIENCE_S
    try:
        crew.members.append(join())
        assert len(crew.round()[0]) == 100
        crew.members.append(join())
        crew.rounds_until(is_shared, patience_s)
        crew.members[1].leave()
        crew.rounds_until(lambda given: len(given[0]) == 100, patience_s)
    finally:
        crew.leave()


def is_shared(given: list[list[Record]]) -> bool:
    """Whether each of two members got events, of partitions of its own, and all hundred came once."""
    one, two = given
    places = {r.partition for r in one}, {r.partition for r in two}
    return all(places) and places[0].isdisjoint(places[1]) and len(one) + len(two) == 100


@on_every_server("stream")
def test_what_a_leaving_member_had_not_committed_goes_to_another(
    stream: StreamSide, producer: EventSink, group: str
) -> None:
    """A writer that is stopped before its transaction has committed leaves its events to the others."""
    topic = stream.make_topic()
    send(producer, topic, events(100))
    leaving = stream.consumer([topic], group=group)
    assert numbers(read(leaving, 100)) == list(range(100))
    leaving.close()
    with closing(stream.consumer([topic], group=group)) as staying:
        assert numbers(read(staying, 100)) == list(range(100))


@on_every_server("stream", needs=Promise.LARGE_EVENTS)
def test_large_event_passes(stream: StreamSide, producer: EventSink, group: str) -> None:
    """A plan of a large city is one event, and how well it compresses nobody knows."""
    topic, plan = stream.make_topic(), random.Random(1).randbytes(PLAN_BYTES)
    send(producer, topic, [(b"before", b"1"), (b"plan", plan), (b"after", b"2")])
    with closing(stream.consumer([topic], group=group)) as consumer:
        assert {record.value for record in read(consumer, 3)} == {b"1", plan, b"2"}


@on_every_server("stream")
def test_stream_that_is_away_is_told_and_comes_back(
    stream: StreamSide, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing counts as sent that was not confirmed: the delivery says so, and so does whoever waits for it."""
    monkeypatch.setattr(kafka, "DELIVERY_TIMEOUT_S", DELIVERY_TIMEOUT_S)
    topic = stream.make_topic()
    with closing(stream.producer()) as producer, closing(stream.consumer([topic], group=group)) as consumer:
        send(producer, topic, events(1))
        assert numbers(read(consumer, 1)) == [0]
        stream.server.pause()
        try:
            delivery = producer.send(topic, b"city/C1", b"lost?")
            assert not delivery.is_done
            with pytest.raises(StreamAway):
                producer.confirm([delivery])
            assert delivery.is_done
            assert delivery.exception is not None
            with pytest.raises(StreamAway):
                stream.producer()
            assert consumer.poll(0.1) == []
        finally:
            stream.server.resume()
        _send_again(producer, topic)
        assert b"again" in {record.value for record in _read_until(consumer, b"again")}


@on_every_server("stream", needs=Promise.EVENTS_OUTLIVE_A_KILL)
def test_confirmed_event_survives_a_kill_of_the_stream(stream: StreamSide, group: str) -> None:
    """The bridge acknowledges a reading when the stream has it; nobody else has it then."""
    topic = stream.make_topic()
    with closing(stream.producer()) as producer:
        send(producer, topic, events(500))
    stream.server.kill()
    stream.server.start()
    patience_s = 3.0 if lacks(stream.kind, Promise.EVENTS_OUTLIVE_A_KILL) else PATIENCE_S
    with closing(stream.consumer([topic], group=group)) as consumer:
        assert numbers(read(consumer, 500, patience_s)) == list(range(500))


def _send_again(producer: EventSink, topic: str) -> None:
    """The way the bridge does it: renew what is stuck, send, and when that fails try again."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            producer.note_failure()
            producer.renew_if_stuck()
            send(producer, topic, [(b"city/C1", b"again")])
        except StreamAway:
            assert time.monotonic() < deadline_s, "the stream did not come back"
            time.sleep(0.1)
        else:
            return


def _read_until(consumer: EventSource, value: bytes) -> list[Record]:
    records: list[Record] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while all(record.value != value for record in records) and time.monotonic() < deadline_s:
        records += consumer.poll(0.2)
    return records
