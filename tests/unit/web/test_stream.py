"""Events count as sent when Kafka has confirmed every one."""

from uuid import uuid4

import pytest

from services.contracts.planning import PlanDispatched
from services.errors import StreamAway
from services.web.requests.stream import publish_all
from tests.support.web_seed import NOW
from tests.twins.stream import Delivered, MemoryStream


def _event() -> PlanDispatched:
    return PlanDispatched(
        dispatch_id=uuid4(), plan_id=uuid4(), city="x", day=NOW.date(), dispatched_by="a", dispatched_at=NOW
    )


class Refusing(MemoryStream):
    """Takes the first event and loses the second."""

    def send(self, topic: str, key: bytes, value: bytes) -> Delivered:
        super().send(topic, key, value)
        return Delivered(StreamAway("broker gone") if len(self.sent) == 2 else None)


def test_events_are_sent_in_order() -> None:
    """A truck's confirmations must reach the store in the order in which they happened."""
    stream, events = MemoryStream(), [_event(), _event(), _event()]
    publish_all(stream, "dispatches", b"x", events)
    assert [value for _, _, value in stream.sent] == [event.to_bytes() for event in events]


def test_one_lost_event_fails_all() -> None:
    """202 for half an outbox would lose the other half."""
    with pytest.raises(StreamAway, match="broker gone"):
        publish_all(Refusing(), "dispatches", b"x", [_event(), _event()])


def test_nothing_to_send_needs_no_stream() -> None:
    """An empty outbox is not a fault."""
    stream = MemoryStream()
    stream.away = True
    publish_all(stream, "dispatches", b"x", [])
