"""What a decoder is. One is made in a small file; a city's own stands in a file that a setting names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from services.edges.heard import Heard, Refused
from services.edges.values import MILLIMETRES, Fields

FARTHEST_MM = 15_000
"""No sensor of a container measures farther. 65,535 and its neighbours are how several say that they heard no echo."""
DISTANCE = f"millimetres above 0, at most {FARTHEST_MM}"


@dataclass(frozen=True)
class Decoder:
    """How one model of sensor is read."""

    name: str
    models: tuple[str, ...]
    """How networks name it in a device's profile; capitals, spaces and dashes do not matter."""
    has_object: Callable[[Mapping[str, object]], bool]
    """Whether this is what the maker's own decoder makes of a message of this sensor."""
    has_bytes: Callable[[bytes, int | None], bool]
    """Whether the bytes on this LoRaWAN port look like its own. Asked only where nothing else tells the model."""
    unpack: Callable[[bytes, int | None, Heard], dict[str, object]]
    """The object that the maker's own decoder makes of the bytes. Raises `Refused` where they are none of its."""
    read: Callable[[Fields], None]
    """Put what the object says into its `heard`. Raises `Refused` where there is no distance that counts."""

    def is_named(self, profile: str) -> bool:
        """Whether a device's profile names this model."""
        return _is_named(self._names, profile)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(_plain(name) for name in (self.name, *self.models))


def take_distance(fields: Fields, name: str) -> None:
    """The distance, kept as it was measured.

    Raises:
        Refused: there is none, or it is none that a sensor measures.
    """
    number = fields.need(name, MILLIMETRES, 0, 1e6, DISTANCE)
    fields.heard.distance_mm = number
    if not 0 < number <= FARTHEST_MM:
        raise Refused(fields.within + name, fields.fields.get(name), DISTANCE)


def take_percent(fields: Fields, name: str, *, unknown: float | None = 255) -> None:
    """A battery in percent; one that tells it does not know (255) is dropped with that word."""
    value = fields.fields.get(name)
    expected = "0 to 100 %" if value != unknown else "0 to 100 % (255 says that it is unknown)"
    percent = fields.take(name, {"": 1, "%": 1}, 0, 100, expected)
    if percent is not None:
        fields.heard.battery_ratio = percent / 100


def take_volts(fields: Fields, name: str, *, empty: float, full: float) -> None:
    """A battery in volts, as the share between empty and full. A lithium cell holds its voltage long: a rough share."""
    volts = fields.take(name, {"": 1, "v": 1, "mv": 0.001}, 0.5, 6, "0.5 to 6 V")
    if volts is not None:
        fields.heard.battery_ratio = min(max((volts - empty) / (full - empty), 0.0), 1.0)


@lru_cache(maxsize=4096)  # profiles and decoders are few, messages many
def _is_named(names: tuple[str, ...], profile: str) -> bool:
    plain = _plain(profile)
    return any(name in plain for name in names)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
