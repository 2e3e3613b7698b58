"""The frozen baseline: its own emptyings, its own fleet, and a fingerprint that tells any change."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.city.fleets import part_of
from services.ledger.frozen import FrozenBaseline, NoBaseline, baseline_of_folder
from tests.support.example_town import LORRIES, TIPPERS, example_town, two_fleet_town

MONDAY, WEDNESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 6)


@pytest.fixture
def frozen() -> FrozenBaseline:
    return baseline_of_folder(example_town(), 1)


def test_fills_are_those_of_its_own_emptyings(frozen: FrozenBaseline) -> None:
    """HOU-001 is emptied Monday, Wednesday, Friday: two days of waste on Wednesday, three on Monday."""
    assert frozen.days_since_emptied("HOU-001", WEDNESDAY) == 2
    assert frozen.days_since_emptied("HOU-001", date(2026, 3, 9)) == 3
    assert frozen.days_since_emptied("HOU-012", FRIDAY) == 7  # once a week
    assert frozen.days_since_emptied("nowhere", MONDAY) is None


def test_a_strike_leaves_the_waste_for_the_next_round(frozen: FrozenBaseline) -> None:
    """Nobody drove on Wednesday: on Friday four days of waste stand there, and Wednesday empties nothing."""
    assert frozen.days_since_emptied("HOU-001", FRIDAY, [WEDNESDAY]) == 4
    assert not frozen.empties_on("HOU-001", WEDNESDAY, [WEDNESDAY])
    assert frozen.times_emptied("HOU-001", MONDAY, date(2026, 3, 8), [WEDNESDAY]) == 2
    assert frozen.times_emptied("HOU-001", MONDAY, date(2026, 3, 8)) == 3


def test_any_change_is_another_fingerprint(frozen: FrozenBaseline) -> None:
    """The same circuits, the same hash; a known flaw more, a container less, another."""
    assert frozen.sha256 == baseline_of_folder(example_town(), 1).sha256
    assert len(frozen.sha256) == 64
    for change in ({"known_flaws": ("no Sunday",)}, {"circuits": frozen.circuits[1:]}, {"registry_version": 2}):
        assert frozen.model_copy(update=change).sha256 != frozen.sha256
    assert FrozenBaseline.model_validate_json(frozen.text) == frozen


def test_a_truck_that_is_sold_still_drives_the_fixed_circuits(frozen: FrozenBaseline) -> None:
    """The baseline is what was: its fleet comes with it, in service, of the class and depot that it had."""
    town = example_town()
    sold = town.model_copy(update={"trucks": town.trucks[1:], "truck_classes": town.truck_classes[1:]})
    city = frozen.put_into(sold)
    assert {truck.id for truck in city.trucks} == {truck.id for truck in town.trucks}
    assert {row.id for row in city.truck_classes} == {row.id for row in town.truck_classes}
    resting = town.model_copy(
        update={"trucks": tuple(truck.model_copy(update={"in_service": False}) for truck in town.trucks)}
    )
    assert all(truck.in_service for truck in frozen.put_into(resting).trucks)


def test_a_truck_that_is_lent_to_another_depot_drives_the_fixed_circuits_from_its_own(frozen: FrozenBaseline) -> None:
    """What it did before the change did not move with it."""
    town = example_town()
    other = town.depots[0].model_copy(update={"id": "elsewhere", "lon": town.depots[0].lon + 0.1})
    lent = tuple(truck.model_copy(update={"depot": "elsewhere"}) for truck in town.trucks)
    city = frozen.put_into(town.model_copy(update={"depots": (*town.depots, other), "trucks": lent}))
    assert {truck.id: truck.depot for truck in city.trucks} == {truck.id: truck.depot for truck in town.trucks}


def test_a_truck_that_is_lent_to_another_fleet_leaves_its_circuits_behind() -> None:
    """The lorries' truck works for the tippers this week: who compares the lorries still has their nine containers."""
    town = two_fleet_town()
    frozen = baseline_of_folder(town, 1)
    lent = tuple(truck.model_copy(update={"fleet": TIPPERS}) for truck in town.trucks)
    at_home, away = (frozen.put_into(town.model_copy(update={"trucks": trucks})) for trucks in (town.trucks, lent))
    for fleet in (LORRIES, TIPPERS):
        assert part_of(away, fleet).baseline == part_of(at_home, fleet).baseline
    both = len(part_of(away, LORRIES).baseline) + len(part_of(away, TIPPERS).baseline)
    assert both == len(frozen.circuits)  # nothing counted twice, nothing lost


def test_a_container_that_is_gone_is_not_emptied(frozen: FrozenBaseline) -> None:
    town = example_town()
    city = frozen.put_into(town.model_copy(update={"containers": town.containers[1:]}))
    assert len(city.baseline) == len(frozen.circuits) - 1


def test_a_city_without_circuits_is_told_what_to_do() -> None:
    with pytest.raises(NoBaseline, match=r"learn-baseline houeyogbe"):
        baseline_of_folder(example_town().model_copy(update={"baseline": ()}), 1)


def test_a_baseline_whose_truck_nobody_describes_is_refused(frozen: FrozenBaseline) -> None:
    document = frozen.model_dump(by_alias=True) | {"trucks": frozen.trucks[:1]}
    with pytest.raises(ValidationError, match="RB-2210"):
        FrozenBaseline.model_validate(document)
