"""What residents' doors tell the technician: gathered, told as one event, and never what a resident wrote."""

import time
from datetime import UTC, datetime

import pytest

from services.contracts import topics
from services.contracts.doors import DoorHeard
from services.web.reports.georeport import Fault
from services.web.reports.heard import ReportDoors
from tests.twins.stream import MemoryStream

AT = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def told(stream: MemoryStream) -> dict[str, DoorHeard]:
    found = [DoorHeard.model_validate_json(value) for topic, _, value in stream.sent if topic == topics.DOOR_STATES]
    assert len({each.door for each in found}) == len(found)
    return {each.door: each for each in found}


def test_messages_are_told_as_one_event_a_door_with_the_last_reason() -> None:
    """Three at Open311: one whole, one with a field left aside, one refused, which stays refused; one text beside."""
    stream = MemoryStream()
    doors = ReportDoors(stream, gather_s=3600)
    with doors.hears("porto", "open311", AT):
        pass
    with doors.hears("porto", "open311", AT) as noted:
        noted.left_aside.append("media_url")
    with pytest.raises(Fault), doors.hears("porto", "open311", AT):
        raise Fault(400, "service_code was not provided")
    with doors.hears("porto", "sms", AT) as noted:
        noted.rejected = "too many texts of one telephone"
    assert stream.sent == []
    doors.tell()
    open311, sms = told(stream)["open311"], told(stream)["sms"]
    assert (open311.city, open311.messages, open311.left_aside, open311.rejected) == ("porto", 3, 1, 1)
    assert (open311.last_left_aside, open311.last_rejected) == ("media_url", "service_code was not provided")
    assert (sms.messages, sms.rejected, sms.last_rejected) == (1, 1, "too many texts of one telephone")
    doors.tell()
    assert len(stream.sent) == 2


def test_it_is_told_soon_without_being_asked_and_without_kafka_nobody_is_held_up() -> None:
    stream = MemoryStream()
    doors = ReportDoors(stream, gather_s=0.01)
    stream.away = True
    with doors.hears("porto", "page", AT):
        pass
    time.sleep(0.2)  # told into the void: a log line, and lost
    assert stream.sent == []
    stream.away = False
    with doors.hears("porto", "page", AT):
        pass
    until = time.monotonic() + 10
    while not stream.sent and time.monotonic() < until:
        time.sleep(0.01)
    assert told(stream)["page"].messages == 1
