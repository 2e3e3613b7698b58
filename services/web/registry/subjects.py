"""What the registry's page shows: a subject is a file of the city folder, under its address."""

from dataclasses import dataclass
from typing import Literal, get_args

from services.city.documents import FIELDS, FILES
from services.contracts.registry import RowKind

type Slug = Literal["bacs", "camions", "flottes", "sites", "depots", "secteurs", "types-de-bacs", "types-de-camions"]
SLUGS: tuple[Slug, ...] = get_args(Slug.__value__)


@dataclass(frozen=True)
class Subject:
    slug: Slug
    kind: RowKind
    columns: tuple[str, ...]
    """Of the table, after id and name."""
    is_placed: bool = False
    """Its rows have a position, so that they stand on the map."""

    @property
    def file(self) -> str:
        return FILES[self.kind]

    @property
    def field(self) -> str:
        """Of `Registry`."""
        return FIELDS[self.kind]


_ALL = (
    Subject("bacs", "container", ("zone", "kind", "capacity_l", "stream", "sensor"), is_placed=True),
    Subject("camions", "truck", ("truck_class", "depot", "shift_from", "shift_to", "streams", "fleet", "in_service")),
    Subject("flottes", "fleet", ("contractor", "zones", "kinds")),
    Subject(
        "sites",
        "disposal_site",
        ("open_from", "open_to", "weekdays", "streams", "service_s", "control"),
        is_placed=True,
    ),
    Subject("depots", "depot", (), is_placed=True),
    Subject("secteurs", "zone", ("population",)),
    Subject("types-de-bacs", "container_kind", ("service_s", "kg_per_l", "fill_per_day", "mount_mm")),
    Subject(
        "types-de-camions", "truck_class", ("capacity_kg", "capacity_l", "compaction", "max_trips", "drive_l_per_km")
    ),
)
SUBJECTS: dict[str, Subject] = {subject.slug: subject for subject in _ALL}
"""By address, in the order of the tabs."""
OF_KIND: dict[str, Subject] = {subject.kind: subject for subject in _ALL}
