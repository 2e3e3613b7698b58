"""Which messages the sensors publish: a pure function of an index, so that nobody has to remember them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tests.load.packets import publish_head

PAYLOAD_BYTES = 200
"""What a real sensor's JSON has; shorter ones are padded in `serial`, a field that readers ignore."""
OUT_OF_ORDER_MASK = 5
"""Round r is published at the place of round r ^ 5: a bijection within every eight rounds that is never sorted."""


@dataclass(frozen=True)
class Messages:
    """`count` readings of `containers` containers, round after round: message i is of container i % containers.

    Each (container, happened_at) is unique. `first_at` is the instant of round 0, later rounds follow by `spacing_s`;
    the caller keeps all of it in the past. With `out_of_order` neighbouring rounds change places.
    """

    city: str
    count: int
    containers: int
    first_at: datetime
    spacing_s: float = 1.0
    prefix: str = "L"
    """Container ids are the prefix and five digits."""
    out_of_order: bool = False
    _ids: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.first_at.tzinfo is None:
            raise ValueError("first_at has no time zone")
        if not 1 <= self.containers <= 100_000:
            raise ValueError(f"{self.containers} containers; five digits name 1 to 100,000")
        object.__setattr__(self, "_ids", tuple(f"{self.prefix}{n:05d}" for n in range(self.containers)))

    @property
    def container_ids(self) -> tuple[str, ...]:
        return self._ids

    @property
    def rounds(self) -> int:
        return -(-self.count // self.containers)

    def container(self, index: int) -> str:
        return self._ids[index % self.containers]

    def happened_at(self, index: int) -> datetime:
        """Milliseconds at the finest: that is what the payload says."""
        return self._round_at(index // self.containers)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Between which instants all of them happened."""
        return self._at(0), self._at((self.rounds - 1) | (7 if self.out_of_order else 0))

    def find(self, container: str, happened_at: datetime) -> int | None:
        """The message with this key, or None where it is none of them."""
        place = round((happened_at - self._at(0)).total_seconds() / self.spacing_s)
        round_number = place ^ OUT_OF_ORDER_MASK if self.out_of_order else place
        number = container.removeprefix(self.prefix)
        if not number.isdigit() or round_number < 0 or self._at(place) != happened_at:
            return None
        index = round_number * self.containers + int(number)
        return index if int(number) < self.containers and index < self.count else None

    def fill_ratio(self, index: int) -> float:
        """0 to 0.9999 in four digits, scattered (7919 is prime to 10,000, so each value comes once in 10,000)."""
        return index * 7919 % 10_000 / 10_000

    def topic(self, index: int) -> str:
        return f"tournee/v1/{self.city}/containers/{self.container(index)}/reading"

    def payload(self, index: int) -> bytes:
        """UTF-8 JSON of `PAYLOAD_BYTES` bytes."""
        return self.payload_head(index // self.containers) + self.fill_texts[index * 7919 % 10_000] + self.payload_tail

    def payload_end(self, place: int) -> bytes:  # noqa: ARG002
        """What the payloads of the container at this place end with."""
        return self.payload_tail

    def payload_head(self, round_number: int) -> bytes:
        """What all payloads of a round begin with."""
        at = self._round_at(round_number).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return b'{"happened_at":"%sZ","fill_ratio":' % at.encode()

    @cached_property
    def fill_texts(self) -> list[bytes]:
        return [b"%.4f" % (n / 10_000) for n in range(10_000)]

    @cached_property
    def publish_heads(self) -> list[bytes]:
        """Of each container: its PUBLISH packet up to the packet id."""
        return [publish_head(self.topic(n).encode(), PAYLOAD_BYTES) for n in range(self.containers)]

    @cached_property
    def payload_tail(self) -> bytes:
        start, end = b',"battery_ratio":0.93,"temperature_c":31.5,"firmware":"2.4.1","serial":"', b'"}'
        padding = PAYLOAD_BYTES - len(self.payload_head(0)) - len(b"0.0000") - len(start) - len(end)
        return start + b"0" * padding + end

    def _round_at(self, round_number: int) -> datetime:
        return self._at(round_number ^ OUT_OF_ORDER_MASK if self.out_of_order else round_number)

    def _at(self, place: int) -> datetime:
        at = self.first_at.astimezone(UTC) + timedelta(seconds=place * self.spacing_s)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
