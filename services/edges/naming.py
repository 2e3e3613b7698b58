"""A list of DevEUIs and their containers, held against the registry before anything is written."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.edges.choosing import named
from services.edges.decoder import Decoder
from services.edges.doors.chirpstack import EUI, eui_of

MOST_ROWS = 200_000
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("deveui", "eui", "deviceeui"),
    "container": ("container", "tagscontainer", "conteneur", "bac", "devicename", "name", "nom"),
    "decoder": ("decoder", "model", "deviceprofilename", "deviceprofile", "modele", "modèle"),
}
"""How the headings of our columns are written, letters alone; the first that is there is taken."""


class Naming(NamedTuple):
    """Whose a device is."""

    name: str
    """Its DevEUI."""
    device: str
    """The container's id."""
    decoder: str | None


@dataclass
class Preview:
    """What a list would change; nothing is written while it has faults."""

    new: list[Naming] = field(default_factory=list)
    changed: list[tuple[Naming, Naming]] = field(default_factory=list)
    """As it is, as it would be."""
    same: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def written(self) -> list[Naming]:
        return [*self.new, *(after for _, after in self.changed)]


def preview(
    text: str, containers: Mapping[str, str], known: Mapping[str, Naming], decoders: Sequence[Decoder]
) -> Preview:
    """Hold a CSV text against the city.

    Args:
        text: with a heading for the DevEUI and one for the container (its id or its name).
        containers: names of the city's containers by id.
        known: by DevEUI, what the city has said before.
        decoders: those that a column may name; a profile of another word is none.
    """
    found = Preview()
    ids = _ids(containers)
    seen: dict[str, int] = {}
    for line, row in _rows(text, found):
        eui = eui_of(row["name"])
        device = ids.get(row["container"].strip().lower())
        if eui is None:
            found.faults.append(f"line {line}, DevEUI: {row['name']!r}; expected {EUI}")
        elif eui in seen:
            found.faults.append(f"line {line}, DevEUI: {eui} stands on line {seen[eui]} already")
        elif not device:
            told = "the id of a container" if device is None else "an id: several containers have this name"
            found.faults.append(f"line {line}, container: {row['container']!r}; expected {told}")
        else:
            seen[eui] = line
            decoder = named(decoders, row["decoder"]) if row["decoder"] else None
            _compare(found, known.get(eui), Naming(eui, device, decoder.name if decoder else None))
    return found


def _compare(found: Preview, before: Naming | None, after: Naming) -> None:
    if before is None:
        found.new.append(after)
    elif before == after:
        found.same += 1
    else:
        found.changed.append((before, after))


def _ids(containers: Mapping[str, str]) -> dict[str, str]:
    """Ids by id and by name in small letters; "" where several have that name."""
    by_name: dict[str, str] = {}
    for device, name in containers.items():
        key = name.strip().lower()
        by_name[key] = "" if key in by_name else device
    return by_name | {device.lower(): device for device in containers}


def _rows(text: str, found: Preview) -> Iterator[tuple[int, dict[str, str]]]:
    head = text.removeprefix("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    try:
        headings = ["".join(c for c in cell.lower() if c.isalnum()) for cell in next(rows, [])]
        places = {column: _place(headings, spellings) for column, spellings in COLUMNS.items()}
        for column, told in (("name", "DevEUI"), ("container", "container, the container's id")):
            if places[column] is None:
                found.faults.append(f"line 1: no column {told}; expected a heading of that name")
        if found.faults:
            return
        for row in rows:
            if rows.line_num > MOST_ROWS:
                found.faults.append(f"more than {MOST_ROWS} lines")
                return
            if any(cell.strip() for cell in row):
                yield rows.line_num, {column: _cell(row, place) for column, place in places.items()}
    except csv.Error as error:
        found.faults.append(f"line {rows.line_num}: {error}")


def _place(headings: Sequence[str], spellings: Sequence[str]) -> int | None:
    return next((headings.index(spelling) for spelling in spellings if spelling in headings), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
