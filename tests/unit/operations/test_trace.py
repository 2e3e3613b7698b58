"""One id from the device to the row."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

from services.contracts.devices import trace_of_value
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.contracts.trace import FOLLOWED_ONE_IN, is_followed

AT = datetime(2026, 11, 22, 6, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))


def reading(second: int = 0) -> ReadingReceived:
    return ReadingReceived(
        city="porto", container="C1", happened_at=AT + timedelta(seconds=second), received_at=AT, fill_ratio=0.5
    )


def test_id_is_the_key_by_which_the_store_counts_a_message_once() -> None:
    """The same instant told with another offset is the same message."""
    assert reading().trace_id == "porto/C1@2026-11-22T05:30:00.250000Z"
    position = PositionReceived(city="porto", truck="T1", happened_at=AT, received_at=AT, lon=1, lat=2)
    assert position.trace_id == "porto/T1@2026-11-22T05:30:00.250000Z"


def test_bytes_in_kafka_tell_the_same_id_as_the_message() -> None:
    """Bridge and writer need not build the message to name it."""
    rejected = MessageRejected.model_construct(
        id=uuid4(), reason="malformed", detail="", mqtt_topic="t", payload=b"x", received_at=AT
    )
    position = PositionReceived(city="porto", truck="T1", happened_at=AT, received_at=AT, lon=1, lat=2)
    for message in (reading(), position, rejected):
        assert trace_of_value(message.to_bytes()) == message.trace_id
    assert UUID(rejected.trace_id) == rejected.id


def test_one_in_a_thousand_is_followed_and_not_always_the_same_device() -> None:
    """Enough to see the stream flow, few enough to cost nothing; 50,000 readings hold 50, give or take 5 sigma."""
    followed = [second for second in range(50_000) if is_followed(reading(second).to_bytes())]
    assert 50 - 35 < len(followed) < 50 + 35
    assert FOLLOWED_ONE_IN == 1000


OTHER_PROCESS = """
from services.contracts.trace import is_followed
print([n for n in range(20_000) if is_followed(str(n).encode())])
"""


def test_followed_is_the_same_in_every_process() -> None:
    """A hash that Python salts anew in each process would follow other messages in the writer than in the bridge."""
    other = subprocess.run([sys.executable, "-c", OTHER_PROCESS], capture_output=True, text=True, check=True)
    here = [n for n in range(20_000) if is_followed(str(n).encode())]
    assert here
    assert other.stdout.strip() == str(here)
