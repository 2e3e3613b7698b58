"""Fleets: which trucks are planned together, and that each container comes to exactly one of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.fleets import FleetRules, UnknownFleet, part_of
from services.city.folder import read_folder
from services.city.registry import Container, Fleet
from services.city.write import write_folder
from services.contracts.fields import ONLY_FLEET
from tests.support.example_town import LORRIES, TIPPERS, example_town, two_fleet_town

type Edit = Callable[[str, str, str], None]


@pytest.fixture
def shared(folder: Path) -> Path:
    """The example folder as two fleets share it; `edit` spoils it."""
    write_folder(two_fleet_town(), folder)
    return folder


def told(folder: Path) -> list[str]:
    return [str(error) for error in read_folder(folder).errors]


def warned(folder: Path) -> list[str]:
    reading = read_folder(folder)
    assert reading.errors == ()
    return [str(warning) for warning in reading.warnings]


def container(zone: str, kind: str, fleet: str | None = None) -> Container:
    return example_town().containers[0].model_copy(update={"zone": zone, "kind": kind, "fleet": fleet})


def test_folder_without_fleets_is_one_fleet() -> None:
    """A city of before there were fleets: nothing is written into it, and its part is the whole."""
    town = example_town()
    assert part_of(town, ONLY_FLEET) is town
    assert "fleet" not in town.containers[0].model_dump()
    assert "fleet" not in town.trucks[0].model_dump()


def test_a_part_has_its_own_trucks_containers_and_circuits() -> None:
    """Nine containers stand in the town and in Sè, three in Doutou; sites and depots are everybody's."""
    town = two_fleet_town()
    lorries, tippers = part_of(town, LORRIES), part_of(town, TIPPERS)
    assert [truck.id for truck in lorries.trucks] == ["RB-1021"]
    assert [c.id for c in tippers.containers] == ["HOU-010", "HOU-011", "HOU-012"]
    assert [c.id for c in (*lorries.containers, *tippers.containers)] == [c.id for c in town.containers]
    assert {stop.circuit for stop in lorries.baseline} == {"centre", "se"}
    assert {stop.circuit for stop in tippers.baseline} == {"doutou", "doutou-tri"}
    assert lorries.disposal_sites == tippers.disposal_sites == town.disposal_sites


def test_unknown_fleet_is_told_which_there_are() -> None:
    with pytest.raises(UnknownFleet, match="houeyogbe has no fleet carts: it has lorries, tippers"):
        part_of(two_fleet_town(), "carts")


def test_containers_are_served_by_zone_by_kind_and_by_list() -> None:
    """By list goes before both; a fleet that names neither serves those that name it."""
    rules = FleetRules(
        (
            Fleet(id="north", name="N", zones=("centre",), kinds=("bac-1100",)),
            Fleet(id="skips", name="S", kinds=("benne-6000",)),
            Fleet(id="markets", name="M"),
        )
    )
    assert rules.of_container(container("centre", "bac-1100")) == "north"
    assert rules.of_container(container("centre", "benne-6000")) == "skips"
    assert rules.of_container(container("centre", "bac-1100", "markets")) == "markets"
    assert rules.of_container(container("se", "bac-1100")) is None


def test_single_fleet_without_zones_and_kinds_serves_all() -> None:
    """It only gives the fleet a name and a contractor; trucks need not say that they are of it."""
    town = example_town().model_copy(update={"fleets": (Fleet(id="lot-1", name="Lot 1"),)})
    assert part_of(town, "lot-1") is town
    assert FleetRules(town.fleets).of_truck(town.trucks[0]) == "lot-1"


def test_two_fleets_read_back_as_they_were_written(shared: Path) -> None:
    """And a folder that goes back to one fleet does not keep the file of the two."""
    assert read_folder(shared).registry == two_fleet_town()
    assert warned(shared) == []
    write_folder(example_town(), shared)
    assert not (shared / "fleets.csv").exists()


WRONG = [
    ("trucks.csv", "yes,tippers", "yes,",
     'trucks.csv line 3, column fleet: empty — expected one of lorries, tippers: there are several fleets, and a truck '
     "is of one"),
    ("trucks.csv", "yes,tippers", "yes,tipper",
     'trucks.csv line 3, column fleet: "tipper" — expected an id of fleets.csv, did you mean tippers?'),
    ("fleets.csv", "centre se", "centre",
     "containers.csv line 7, column fleet: empty — no fleet serves zone se, kind benne-6000 (1 container(s)); expected "
     "them in `zones` and `kinds` of fleets.csv, or a fleet here"),
    ("fleets.csv", "doutou", "doutou se",
     "containers.csv line 7, column fleet: empty — fleets lorries and tippers serve zone se, kind benne-6000 "
     "(1 container(s)); expected one: part their `zones` and `kinds` in fleets.csv, or name one here"),
    ("fleets.csv", "centre se", "centre s",
     'fleets.csv line 2, column zones: "s" — expected an id of zones.geojson, did you mean se?'),
    ("fleets.csv", "doutou,", "doutou,bac-1000",
     'fleets.csv line 3, column kinds: "bac-1000" — expected an id of container_kinds.csv, did you mean bac-1100?'),
    ("containers.csv", "recycling,no,,,benne,", "recycling,no,,,benne,lorries",
     'containers.csv line 13, column stream: "recycling" — no truck of fleet lorries that may come here carries this '
     "stream (1 container(s)); expected it in trucks.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "first"), WRONG)
def test_what_is_not_of_one_fleet_is_told(shared: Path, edit: Edit, name: str, old: str, new: str, first: str) -> None:
    """Sè has a skip and three bins, so what is wrong with it is told twice, once for each kind; all else once."""
    edit(name, old, new)
    errors = told(shared)
    assert errors[0] == first
    assert len(errors) == (2 if "zone se" in first else 1)
    # Only the last of them says something of a fixed circuit too: a container of the tippers' given to the lorries.
    assert len(read_folder(shared).warnings) == (name == "containers.csv")


def test_fleets_named_without_a_file_of_fleets_are_told(shared: Path) -> None:
    """Somebody forgot to send it along: the trucks would all be planned together."""
    (shared / "fleets.csv").unlink()
    assert told(shared) == [
        'trucks.csv line 2, column fleet: "lorries" — there is no fleets.csv, so all is planned together: expected '
        'nothing here — in 2 places, also line 3 "tippers"',
    ]


DOUBTFUL = [
    ("trucks.csv", "yes,tippers", "no,tippers",
     ['fleets.csv line 3, column id: "tippers" — no truck of this fleet is in service']),
    ("fleets.csv", "tippers,Lot de Doutou", "carts,Charrettes,,,\ntippers,Lot de Doutou",
     ['fleets.csv line 3, column id: "carts" — no truck is of this fleet',
      'fleets.csv line 3, column id: "carts" — this fleet serves no container']),
    ("containers.csv", "Mairie,1.8587,6.5402,bac-1100,1100,centre,residual,yes,,,,",
     "Mairie,1.8587,6.5402,bac-1100,1100,centre,residual,yes,,,,tippers",
     ['baseline.csv line 5, column container: "HOU-002" — circuit centre has 1 container(s) of another fleet than its '
      "truck's, lorries: savings are compared without them"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "warnings"), DOUBTFUL)
def test_doubtful_fleets_are_warned_of(
    shared: Path, edit: Edit, name: str, old: str, new: str, warnings: list[str]
) -> None:
    edit(name, old, new)
    assert warned(shared) == warnings
