"""The tables of a folder, as far as each could be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.city import messages
from services.city import registry as models
from services.city.city_toml import NAME as CITY
from services.city.entry import Entry
from services.city.findings import Findings
from services.city.geojson import BASEMAP, ZONES, Shapes, read_zones
from services.city.numbers import Answer, Answers
from services.city.penalties import Penalty
from services.city.rows import Sheet, read_rows
from services.city.tables import parse_table
from services.city.texts import CSV_LIMIT, decode_table, read_bytes

TABLES: dict[str, type[Entry]] = {
    "container_kinds": models.ContainerKind,
    "containers": models.Container,
    "truck_classes": models.TruckClass,
    "trucks": models.Truck,
    "depots": models.Depot,
    "disposal_sites": models.DisposalSite,
    "fleets": models.Fleet,
    "penalties": Penalty,
    "baseline": models.BaselineStop,
}
"""The CSV files by their name without `.csv`, which is also their field in `Registry`."""

ROADS = ("roads.osm.pbf", "roads.osm.gz", "roads.osm.bz2")
"""The first that is there is read, by `tournee roads build`."""
FILES = (CITY, ZONES, *(f"{table}.csv" for table in TABLES), BASEMAP, *ROADS[:1])
"""Every file of a folder, in the order in which findings are told."""

OPTIONAL = ("fleets", "penalties", "baseline")
"""Without fleets all trucks are planned together; without penalties no contract is kept here. A city that has kept no
record of its circuits can begin without them; there is then nothing to compare with."""

type TableAnswers = Mapping[str, Mapping[str, Answer]]
"""By table and column, how numbers are read that can be read in two ways."""


@dataclass(frozen=True)
class Sheets:
    zones: Sheet[models.Zone]
    zone_shapes: Shapes
    container_kinds: Sheet[models.ContainerKind]
    containers: Sheet[models.Container]
    truck_classes: Sheet[models.TruckClass]
    trucks: Sheet[models.Truck]
    depots: Sheet[models.Depot]
    disposal_sites: Sheet[models.DisposalSite]
    fleets: Sheet[models.Fleet]
    penalties: Sheet[Penalty]
    baseline: Sheet[models.BaselineStop]


def read_sheets(folder: Path, answers: TableAnswers, findings: Findings) -> Sheets:
    """Read the zones and every CSV file of the folder, each wrong cell an error."""
    zones, shapes = read_zones(folder, findings)

    def read[E: Entry](table: str, model: type[E]) -> Sheet[E]:
        return read_sheet(folder, table, model, answers.get(table, {}), findings)

    return Sheets(
        zones=zones,
        zone_shapes=shapes,
        container_kinds=read("container_kinds", models.ContainerKind),
        containers=read("containers", models.Container),
        truck_classes=read("truck_classes", models.TruckClass),
        trucks=read("trucks", models.Truck),
        depots=read("depots", models.Depot),
        disposal_sites=read("disposal_sites", models.DisposalSite),
        fleets=read("fleets", models.Fleet),
        penalties=read("penalties", Penalty),
        baseline=read("baseline", models.BaselineStop),
    )


def read_sheet[E: Entry](
    folder: Path, table: str, model: type[E], answers: Mapping[str, Answer], findings: Findings
) -> Sheet[E]:
    """One CSV file. Missing or without a row it is an error, but for the optional ones; unreadable always."""
    name = f"{table}.csv"
    path = folder / name
    if table in OPTIONAL and not path.exists(follow_symlinks=False):
        return Sheet(name)
    data = read_bytes(path, name, CSV_LIMIT, findings)
    text = decode_table(data, name, findings) if data is not None else None
    is_column = model.model_fields.__contains__
    parsed = parse_table(text, name, findings, is_column=is_column) if text is not None else None
    if parsed is None:
        return Sheet(name)
    how = messages.NUMBER_IN_FOLDER.format(column=f"{table}.{{column}}")
    told = Answers(how, answers)
    return read_rows(model, parsed, name, findings, may_be_empty=table in OPTIONAL, answers=told)


def find_roads(folder: Path) -> Path | None:
    """The OpenStreetMap extract of a city folder, None where it has none."""
    return next((folder / name for name in ROADS if (folder / name).exists()), None)
