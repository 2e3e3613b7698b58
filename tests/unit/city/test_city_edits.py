"""One row changed by hand: by the folder's own rules, and what travels when it is changed."""

import json

import pytest
from pydantic import ValidationError

from services.city.changing import rows_between, with_rows
from services.city.documents import documents_of
from services.city.edits import MODELS, Edit, cells_of, read_edit, sheets_of
from services.city.findings import Findings
from services.city.references import check_references
from services.city.registry import Registry
from services.contracts.registry import RowChange
from tests.support.example_town import example_town, two_fleet_town


def edited(town: Registry, kind: str, row_id: str, **cells: str) -> Edit:
    row = next(row for row in getattr(town, {"container": "containers", "truck": "trucks", "zone": "zones"}[kind])
               if row.id == row_id)  # fmt: skip
    return Edit(kind, row_id, cells_of(row) | cells)


def test_row_that_is_written_and_read_again_is_the_same() -> None:
    """A form that is opened and saved as it stands changes nothing, whatever the row."""
    town = two_fleet_town()
    for kind in MODELS:
        for row in getattr(town, {"zone": "zones"}.get(kind, f"{kind}s" if kind != "truck_class" else "truck_classes")):
            reading = read_edit(town, Edit(kind, row.id, cells_of(row)))
            assert reading.errors == ()
            assert reading.registry is not None
            assert rows_between(documents_of(town), documents_of(reading.registry)) == []


def test_changed_cell_is_read_as_in_a_spreadsheet_and_travels_as_one_row() -> None:
    town = example_town()
    first = town.containers[0]
    reading = read_edit(
        town, edited(town, "container", first.id, capacity_l="1100,5", sensor="non", name="Devant  l'école")
    )
    assert reading.registry is not None
    changed = reading.registry.containers[0]
    assert (changed.capacity_l, changed.sensor, changed.name) == (1100.5, False, "Devant l'école")
    rows = rows_between(documents_of(town), documents_of(reading.registry))
    assert [(row.kind, row.id) for row in rows] == [("container", first.id)]
    assert with_rows(town, rows) == reading.registry


@pytest.mark.parametrize(
    ("kind", "cells", "column"),
    [
        ("container", {"lat": "96.4"}, "lat"),
        ("container", {"capacity_l": "6.500"}, "capacity_l"),
        ("container", {"zone": "nulle-part"}, "zone"),
        ("container", {"window_from": "09:00", "window_to": ""}, "window_to"),
        ("container", {"name": ""}, "name"),
        ("truck", {"truck_class": "avion"}, "truck_class"),
        ("truck", {"shift_from": "25:00"}, "shift_from"),
    ],
)
def test_wrong_cell_is_told_at_its_column(kind: str, cells: dict[str, str], column: str) -> None:
    """The same rules as for a folder: a page has none of its own."""
    town = example_town()
    row_id = (town.containers if kind == "container" else town.trucks)[0].id
    reading = read_edit(town, edited(town, kind, row_id, **cells))
    assert reading.registry is None
    assert f"column {column}" in {error.place for error in reading.errors}


def test_what_others_hang_on_cannot_go() -> None:
    """A zone with containers, the last truck that carries a stream: told with those that would be left hanging."""
    town = example_town()
    gone = read_edit(town, Edit("zone", town.zones[0].id, None))
    assert gone.registry is None
    assert {error.file for error in gone.errors} >= {"containers.csv"}
    for truck in town.trucks:
        left = read_edit(town, Edit("truck", truck.id, None))
        assert left.registry is None


def test_container_goes_with_one_row() -> None:
    town = example_town()
    used = {stop.container for stop in town.baseline}
    free = next((container for container in town.containers if container.id not in used), None)
    assert free is None, "the example drives to all of them"
    new = Edit("container", None, cells_of(town.containers[0]) | {"id": "HOU-999", "name": "Neuf"})
    with_new = read_edit(town, new).registry
    assert with_new is not None
    reading = read_edit(with_new, Edit("container", "HOU-999", None))
    assert reading.registry == town


def test_new_row_may_not_take_an_id_that_is_there() -> None:
    town = example_town()
    reading = read_edit(town, Edit("container", None, cells_of(town.containers[0])))
    assert [(error.place, error.value) for error in reading.errors] == [("column id", town.containers[0].id)]


def test_id_of_a_row_stays() -> None:
    """A new id is a new container: its history would be lost without a word."""
    town = example_town()
    first = town.containers[0]
    reading = read_edit(town, edited(town, "container", first.id, id="AUTRE"))
    assert reading.registry == town


def test_zone_takes_a_shape_and_refuses_what_is_none() -> None:
    town = example_town()
    zone = town.zones[0]
    for wrong in ("{", '{"type": "Point", "coordinates": [1, 2]}', '"x"'):
        assert read_edit(town, Edit("zone", zone.id, cells_of(zone), wrong)).registry is None
    square = {"type": "Polygon", "coordinates": [[[1.8, 6.5], [1.9, 6.5], [1.9, 6.6], [1.8, 6.5]]]}
    reading = read_edit(town, Edit("zone", zone.id, cells_of(zone), json.dumps(square)))
    assert reading.registry is not None
    assert reading.registry.zone_shapes[zone.id] == square
    (row,) = rows_between(documents_of(town), documents_of(reading.registry))
    assert (row.kind, row.id) == ("zone", zone.id)


def test_position_far_from_its_zone_is_warned_of() -> None:
    """Swapped degrees are no error, and never meant."""
    town = example_town()
    first = town.containers[0]
    moved = edited(town, "container", first.id, lat=str(first.lat + 0.2))
    reading = read_edit(town, moved)
    assert reading.registry is not None
    assert [warning.place for warning in reading.warnings] == ["columns lon, lat"]


def test_rows_in_another_order_travel_as_their_order_alone() -> None:
    town = example_town()
    turned = town.model_copy(update={"containers": tuple(reversed(town.containers))})
    rows = rows_between(documents_of(town), documents_of(turned))
    assert [(row.kind, row.id) for row in rows] == [("file_order", "container")]
    assert with_rows(town, rows) == turned


def test_rows_that_make_no_registry_are_refused() -> None:
    """Whoever writes on the topic past the page: nothing of it becomes a version."""
    town = example_town()
    with pytest.raises(ValidationError):
        with_rows(town, [RowChange(kind="container", id="X", document={"id": "X"})])
    with pytest.raises(ValueError, match="no file"):
        with_rows(town, [RowChange(kind="file_order", id="lamp", document=["a"])])


def test_registry_that_was_read_fits_together_as_sheets() -> None:
    for town in (example_town(), two_fleet_town()):
        findings = Findings()
        check_references(sheets_of(town), findings)
        assert findings.errors == []
