"""The three kinds of servers, and what one of them is known not to do: written down, and watched."""

from enum import Enum
from typing import Any, Literal, NamedTuple

import pytest

from services.errors import StreamAway

Kind = Literal["memory", "embedded", "real"]
KINDS: tuple[Kind, ...] = ("memory", "embedded", "real")


class Promise(Enum):
    """What not every server keeps."""

    SHARED_COMES_AGAIN = "what a shared subscriber had not acknowledged comes again"
    MESSAGES_OUTLIVE_A_KILL = "an acknowledged MQTT message survives a kill of the broker"
    EVENTS_OUTLIVE_A_KILL = "a confirmed event survives a kill of the stream"
    STEADY_GROUPS = "members that come and go share the partitions, within seconds"
    LARGE_EVENTS = "an event of 5 MB that does not compress is taken"


class Weakness(NamedTuple):
    reason: str
    always: bool = True
    """Whether it shows each time: then a test that passes all the same is a failure, and the line can go."""


WEAKNESSES: dict[tuple[Kind, Promise], Weakness] = {
    ("embedded", Promise.SHARED_COMES_AGAIN): Weakness(
        "iotcore 0.4 (rumqttd 0.20) forgets what a shared subscriber held unacknowledged when its connection ends"
    ),
    ("embedded", Promise.MESSAGES_OUTLIVE_A_KILL): Weakness("iotcore 0.4 keeps everything in memory only"),
    ("embedded", Promise.EVENTS_OUTLIVE_A_KILL): Weakness(
        "noida-db 0.2.3 writes what it has confirmed to the disk up to a second later", always=False
    ),
    ("embedded", Promise.LARGE_EVENTS): Weakness("noida-db 0.2.3 takes events up to 1 MiB, as compressed"),
    ("embedded", Promise.STEADY_GROUPS): Weakness(
        "noida-db 0.2.3 does not wait for all members when it deals partitions anew, and takes a while", always=False
    ),
}
"""A test of such a promise runs there too, and is expected to fail."""


def on_every_server(fixture: str, needs: Promise | None = None) -> pytest.MarkDecorator:
    """Run a test on the twin, the embedded and the real server; `fixture` is given the kind."""
    return pytest.mark.parametrize(fixture, [_param(kind, needs) for kind in KINDS], indirect=True)


def lacks(kind: Kind, promise: Promise) -> bool:
    """Whether waiting long for it is in vain."""
    return (kind, promise) in WEAKNESSES


def _param(kind: Kind, needs: Promise | None) -> Any:
    weakness = WEAKNESSES.get((kind, needs)) if needs else None
    if weakness is None:
        return pytest.param(kind, id=kind)
    failing = pytest.mark.xfail(reason=weakness.reason, strict=weakness.always, raises=(AssertionError, StreamAway))
    return pytest.param(kind, id=kind, marks=failing)
