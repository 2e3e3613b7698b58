"""Findings of several kinds of vehicle become one line for each place."""

from services.city.registry import Fleet, Registry
from services.roads.inspection import inspect
from services.roads.reach import RoadFinding, Trouble
from services.roads.roads import road_vehicle
from tests.support.roads_town import town

PLACES = {"near": (1.0, 0.0), "yard": (2.0, 0.0), "trap": (3.0, 0.0)}


def mixed(**classes: tuple[str, ...]) -> Registry:
    """A truck and a tricycle; `classes` are those that a container lets come."""
    registry = town(PLACES)
    small = registry.truck_classes[0].model_copy(update={"id": "tri", "name": "Tricycle", "road_profile": "tricycle"})
    second = registry.trucks[0].model_copy(update={"id": "T2", "truck_class": "tri"})
    containers = tuple(c.model_copy(update={"truck_classes": classes.get(c.id, ())}) for c in registry.containers)
    return registry.model_copy(
        update={
            "truck_classes": (*registry.truck_classes, small),
            "trucks": (*registry.trucks, second),
            "containers": containers,
        }
    )


def found(registry: Registry, class_: int, place: str, trouble: Trouble, metres: int) -> RoadFinding:
    vehicle = road_vehicle(registry.truck_classes[class_])
    return RoadFinding(vehicle.name, "containers.csv", place, place, trouble, metres)


def test_a_place_is_told_once_with_who_comes() -> None:
    """Nobody comes to the trap, only the tricycle to the yard, and its crew walks 2 x 150 m; the worst stands first."""
    city = mixed()
    told = inspect(
        city,
        [
            found(city, 0, "yard", "too_far", 900),
            found(city, 1, "yard", "on_island", 150),
            found(city, 0, "trap", "no_way", 0),
            found(city, 1, "trap", "too_far", 500),
            found(city, 0, "near", "far_from_street", 70),
        ],
    )
    assert [(p.id, p.served, p.trouble, p.metres, p.added_s, p.without) for p in told] == [
        ("trap", "none", "no_way", 0, 0, ("Benne", "Tricycle")),
        ("yard", "some", "too_far", 900, 300, ("Benne",)),
        ("near", "all", "far_from_street", 70, 140, ()),
    ]
    assert {p.zone for p in told} == {"Z"}


def test_a_container_is_judged_by_the_trucks_that_may_come() -> None:
    """For the truck alone, what the tricycle can is no help; for the tricycle alone, what the truck cannot no harm."""
    city = mixed(yard=("benne",), trap=("tri",))
    told = inspect(city, [found(city, 0, "yard", "too_far", 900), found(city, 0, "trap", "too_far", 900)])
    assert [(p.id, p.served) for p in told] == [("yard", "none")]


def test_a_container_is_judged_by_the_trucks_of_its_fleet() -> None:
    """What the other fleet's tricycle can is no help to a container of the trucks'."""
    city = mixed()
    trucks = tuple(t.model_copy(update={"fleet": f}) for t, f in zip(city.trucks, ("big", "small"), strict=True))
    whose = {"near": "small", "yard": "big", "trap": "small"}
    containers = tuple(c.model_copy(update={"fleet": whose[c.id]}) for c in city.containers)
    fleets = (Fleet(id="big", name="Bennes"), Fleet(id="small", name="Tricycles"))
    parted = city.model_copy(update={"trucks": trucks, "containers": containers, "fleets": fleets})
    findings = [found(city, 0, "yard", "too_far", 900), found(city, 0, "trap", "too_far", 900)]
    assert [(p.id, p.served) for p in inspect(city, findings)] == [("trap", "some"), ("yard", "some")]
    assert [(p.id, p.served) for p in inspect(parted, findings)] == [("yard", "none")]


def test_depots_and_sites_cost_no_walk() -> None:
    """The truck drives the last metres there; they have no zone."""
    city = mixed()
    vehicle = road_vehicle(city.truck_classes[0]).name
    (depot,) = inspect(city, [RoadFinding(vehicle, "depots.csv", "depot", "Dépôt", "far_from_street", 200)])
    assert (depot.kind, depot.served, depot.added_s, depot.zone) == ("depot", "all", 0, "")
