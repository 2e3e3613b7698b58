"""What a door made of one message, and how it refuses."""

from dataclasses import dataclass, field
from datetime import datetime

from services.edges.mending import LeftAside, shown


class Refused(Exception):
    """A field that a message cannot do without is missing or wrong: which, what came, what is expected."""

    def __init__(self, field: str, came: object, expected: str) -> None:
        super().__init__(f"{field}: {came if isinstance(came, Missing) else shown(came)}; expected {expected}")


class NotAReading(Refused):
    """A message of something else: it is passed over by its name, and no fault of its sender's."""


class Faults:
    """Gathers refusals, so that what else a message says is read before the first of them is told."""

    def __init__(self) -> None:
        self._found: list[Refused] = []

    def add(self, refused: Refused) -> None:
        self._found.append(refused)

    def __enter__(self) -> None:
        """What is refused inside is gathered."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Refused):
            self._found.append(error)
        return isinstance(error, Refused)

    def tell(self) -> None:
        """Raise the first, but that it is no reading at all before all others."""
        for refused in (*(each for each in self._found if isinstance(each, NotAReading)), *self._found):
            raise refused


class Missing:
    """In place of a value that is not there."""

    def __str__(self) -> str:
        return "missing"


MISSING = Missing()


@dataclass(slots=True)
class Heard:
    """All that could be read of a message, also of one that is refused. What is unknown is None."""

    door: str | None = None
    device: str | None = None
    """As the sender's own network names it: a DevEUI, a tracker's id."""
    label: str | None = None
    """The id that the network was told to hand on with it (`tags.container`)."""
    kind: str | None = None
    """A name in `services.contracts.devices.KINDS`."""
    decoder: str | None = None
    happened_at: datetime | None = None
    distance_mm: float | None = None
    """From the sensor down to the waste, as it was measured."""
    fill_ratio: float | None = None
    battery_ratio: float | None = None
    temperature_c: float | None = None
    lon: float | None = None
    lat: float | None = None
    speed_kmh: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    fuel_used_l: float | None = None
    """Of the engine's whole life, as the two below."""
    odometer_m: float | None = None
    engine_s: float | None = None
    alarms: list[str] = field(default_factory=list)
    dropped: list[LeftAside] = field(default_factory=list)
    rejected: str | None = None
    is_passed_over: bool = False
    """It is rejected because it is of something else than a reading or a position of now."""

    def drop(self, field_name: str, came: object, expected: str) -> None:
        """Leave a field aside that is wrong and not needed."""
        self.dropped.append(LeftAside(field_name, f"{shown(came)}; expected {expected}"))

    def line(self) -> dict[str, object]:
        """It as `tournee device try --json` tells it."""
        return {
            "door": self.door,
            "device": self.device,
            "kind": self.kind,
            "happened_at": self.happened_at.isoformat() if self.happened_at else None,
            "distance_mm": self.distance_mm,
            "fill_ratio": None if self.fill_ratio is None else round(self.fill_ratio, 4),
            "battery_ratio": None if self.battery_ratio is None else round(self.battery_ratio, 4),
            "alarms": self.alarms,
            "dropped": [f"{name}: {told}" for name, told in self.dropped],
            "rejected": self.rejected,
        }
