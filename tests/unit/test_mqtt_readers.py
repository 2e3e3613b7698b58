"""What is made of what Mosquitto's journal tells: who reads, who was refused, and whose session is ended."""

import pytest

from infra.doctor.mqtt import readers_finding
from services.bridge.guard import Guard
from services.errors import BrokerAway
from services.operations.meters import BridgeMeter
from services.stream.mqtt_readers import ANYBODY, TOLD, Readers

QUIET = {"reader": b"bridge", "refused": b"0", "strangers": b"0", "passwords-read": b"0"}


def told(**changes: bytes) -> Readers:
    readers = Readers()
    for name, payload in (QUIET | changes).items():
        readers.take(f"{TOLD}{name}", payload)
    return readers


def test_names_come_as_clients_chose_them() -> None:
    """A space, a percent sign or a line end in a client id must not make two of it, nor another."""
    readers = told(refused=b"7 a%20b%25c $share/bridge/%23", strangers=b"2 x%0Ay cotonou/containers/A")
    assert (readers.refused, readers.last_refused) == (7, ("a b%c", "$share/bridge/#"))
    assert readers.strangers == ("x\ny", "cotonou/containers/A")


def test_nothing_is_taken_for_told_before_all_is() -> None:
    """Half of it would read as: nobody was refused, no stranger is there."""
    readers = Readers()
    for name, payload in QUIET.items():
        assert not readers.is_told
        readers.take(f"{TOLD}{name}", payload)
    assert readers.is_told
    assert readers.is_guarded


@pytest.mark.parametrize("payload", [b"", b"many", b"-1", b"\xff\xfe", "\u0663".encode()])
def test_what_is_not_understood_changes_nothing(payload: bytes) -> None:
    """A bridge must not fall over what a broker of another version says."""
    readers = told(strangers=b"1 thief")
    readers.take(f"{TOLD}strangers", payload)
    readers.take(f"{TOLD}something/new", b"1")
    readers.take("tournee/v1/cotonou/strangers", b"0")
    assert readers.strangers == ("thief",)


class Door:
    """Ends sessions, or is away; remembers whose."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.is_away = False

    def end_session(self, client_id: str) -> bool:
        if self.is_away:
            raise BrokerAway("no MQTT broker")
        self.ended.append(client_id)
        return True


def test_guard_ends_strangers_sessions_but_none_under_a_bridges_name() -> None:
    """What waits in a bridge's session waits nowhere else: that one is told, and left to `tournee bridge retire`."""
    door, meter = Door(), BridgeMeter()
    guard = Guard(told(strangers=b"3 thief tournee-bridge-7 other"), door.end_session, meter)
    guard.look()
    assert door.ended == ["thief", "other"]
    assert meter.strangers_ended == 2


def test_guard_waits_where_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks once a second; its log must stay readable on a bad day."""
    door, meter, now_s = Door(), BridgeMeter(), [1000.0]
    monkeypatch.setattr("services.bridge.guard.time.monotonic", lambda: now_s[0])
    guard = Guard(told(strangers=b"1 thief"), door.end_session, meter)
    door.is_away = True
    guard.look()
    door.is_away = False
    guard.look()
    assert door.ended == []
    now_s[0] += 10.0
    guard.look()
    assert door.ended == ["thief"]


@pytest.mark.parametrize(
    ("readers", "is_own", "status", "detail"),
    [
        (told(), False, "ok", "bridges alone, with the login bridge"),
        (told(refused=b"1200 thief %23"), False, "look", "Refused to others: 1,200; the last was thief for #"),
        (told(refused=b"1"), False, "look", "Refused to others: 1"),
        (told(strangers=b"1 thief"), False, "fail", "1 that are no bridges: thief"),
        (told(strangers=b"7 a b c d e f g"), False, "fail", "7 that are no bridges: a, b, c, d, e and 2 more"),
        (told(reader=ANYBODY.encode()), False, "look", "anybody may subscribe"),
        (told(reader=ANYBODY.encode()), True, "ok", "anybody on this machine"),
        (Readers(), False, "look", "unknown: the broker does not tell"),
        (Readers(), True, "ok", "anybody on this machine"),
    ],
)
def test_doctor_says_who_reads(readers: Readers, *, is_own: bool, status: str, detail: str) -> None:
    """Each has another remedy, and what is not known is not called well."""
    finding = readers_finding(readers, is_own=is_own)
    assert (finding.status, detail in finding.detail) == (status, True), finding
    assert (finding.next != "") == (status != "ok")
