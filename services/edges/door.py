"""What a door is, and what it is told of the moment and the city when a message comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.edges.choosing import DECODERS
from services.edges.decoder import Decoder
from services.edges.heard import Heard
from services.edges.values import Object


class Moment(NamedTuple):
    """When a message came, and who may read it."""

    now: datetime
    decoders: Sequence[Decoder] = DECODERS
    of_device: Callable[[str], Decoder | None] = lambda _device: None
    """The decoder of a DevEUI, where the city has said which sensor it is."""
    kind: str | None = None
    """A name in `services.contracts.devices.KINDS`, where somebody has said which a message of ours is of."""

    def decoders_of(self, device: str) -> Sequence[Decoder]:
        """Those that may read what this device says."""
        known = self.of_device(device)
        return self.decoders if known is None else (known,)


@dataclass(frozen=True)
class Door:
    """The envelope of one network or program."""

    name: str
    kind: str
    """A name in `services.contracts.devices.KINDS`: what its devices say."""
    recognises: Callable[[Object], bool]
    read: Callable[[Object, Heard, Moment], None]
    """Put the message into `heard`; raises `Refused`."""
