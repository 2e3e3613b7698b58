"""What residents report of a container or a place, and how one report is known again."""

import hashlib
from typing import Annotated, Literal, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Base64Bytes, Field, StringConstraints, model_validator

from services.contracts.fields import CityId, Id, Instant, Lat, Lon, Message

ReportKind = Literal["full", "missed", "dump", "damaged", "burning"]
"""A full container, a round that did not come, waste dumped beside or elsewhere, a broken container, a fire."""
ReportDoor = Literal["page", "open311", "sms"]
Answer = Literal["just_emptied", "comes_today", "noted"]
"""What was known at once: emptied shortly before, in a circuit that was sent, or nothing that settles it."""

OF_A_ROUND: frozenset[ReportKind] = frozenset({"full", "missed"})
"""Kinds that emptying the container settles. The others need somebody who looks."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter that is read as a digit, or as another letter."""
ID_LENGTH = 10
"""50 bits: a million reports meet one another with a chance of one in two thousand, and guessing finds none."""
ReportId = Annotated[str, StringConstraints(pattern=rf"^[{ALPHABET}]{{{ID_LENGTH}}}$")]

LONGEST_WORDS = 4000
"""Characters of somebody's own words: what Open311 allows."""
MOST_PHOTO_BYTES = 200_000


def report_id(seed: str) -> str:
    """The id of the report that grew from `seed`: the same seed again is the same report."""
    bits = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7]) >> 6
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in range(5 * (ID_LENGTH - 1), -1, -5))


def read_report_id(told: str) -> str | None:
    """The id as somebody wrote it down: in small letters, with hyphens, O for 0. None where it is none."""
    plain = told.strip().upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    return plain if len(plain) == ID_LENGTH and set(plain) <= set(ALPHABET) else None


class ReportMade(Message):
    """Somebody has reported something, on Kafka `reports`, key `<city>/<container>`, or `<city>/` without one.

    What a resident gave of themselves (`contact`, `words`, `media_url`, `photo`) is kept apart and for a while only.
    """

    id: ReportId
    city: CityId
    kind: ReportKind
    container: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    """Where, in somebody's words, of what is no container's."""
    door: ReportDoor
    made_at: Instant
    answer: Answer = "noted"
    known_at: Instant | None = None
    """When it was emptied, or is to be."""
    insists: bool = False
    """Told that it was emptied just before, they say that it is full all the same."""
    contact: Annotated[str, Field(max_length=300)] | None = None
    words: Annotated[str, Field(max_length=LONGEST_WORDS)] | None = None
    media_url: Annotated[str, Field(max_length=1000)] | None = None
    photo: Annotated[Base64Bytes, Field(max_length=MOST_PHOTO_BYTES)] | None = None
    """JPEG, drawn anew here: nothing but the picture."""

    @property
    def alert_id(self) -> UUID:
        """By which the office says that it has seen to it, and the evidence is known."""
        return alert_of(self.city, self.id)

    @property
    def trace_id(self) -> str:
        return self.id

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.container is None and self.address is None and (self.lon is None or self.lat is None):
            raise ValueError("a report is of a container, of a place (lon and lat) or of an address")
        return self


def alert_of(city: str, report: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"report {city} {report}")
