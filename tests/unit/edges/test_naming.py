"""A list of DevEUIs held against the city, before anything is written."""

from services.edges.choosing import DECODERS
from services.edges.door_registry import DoorRegistry, FreshDoorRegistry, Sender
from services.edges.naming import Naming, Preview, preview
from services.errors import StoreAway

CONTAINERS = {"B-001": "Marché", "B-002": "École", "B-003": "École"}
EUI = "24e124713c1412{:02x}".format


def held(text: str, known: dict[str, Naming] | None = None) -> Preview:
    return preview(text, CONTAINERS, known or {}, DECODERS)


def test_list_is_read_by_id_or_name_with_any_delimiter() -> None:
    found = held(
        f"Device name;DevEUI;Device profile\nb-001;{EUI(1).upper()};Milesight EM400-MUD\nMarché;{EUI(2)};LoRa\n"
    )
    assert found.faults == []
    assert found.new == [Naming(EUI(1), "B-001", "em400-mud"), Naming(EUI(2), "B-001", None)]


def test_what_is_as_before_is_not_written_again() -> None:
    """One new, one that moves to another container, one as it was."""
    known = {EUI(1): Naming(EUI(1), "B-001", None), EUI(2): Naming(EUI(2), "B-001", None)}
    found = held(f"dev_eui,container\n{EUI(1)},B-001\n{EUI(2)},B-002\n{EUI(3)},B-003\n", known)
    assert (len(found.new), len(found.changed), found.same) == (1, 1, 1)
    assert found.written == [Naming(EUI(3), "B-003", None), Naming(EUI(2), "B-002", None)]


def test_each_wrong_line_is_told() -> None:
    found = held(f"dev_eui,container\n24e1,B-001\n{EUI(1)},B-009\n{EUI(2)},École\n{EUI(3)},B-001\n{EUI(3)},B-002\n")
    assert found.faults == [
        "line 2, DevEUI: '24e1'; expected 16 hexadecimal digits",
        "line 3, container: 'B-009'; expected the id of a container",
        "line 4, container: 'École'; expected an id: several containers have this name",
        f"line 6, DevEUI: {EUI(3)} stands on line 5 already",
    ]


def test_list_without_its_columns_says_which() -> None:
    assert held("a,b\n1,2\n").faults == [
        "line 1: no column DevEUI; expected a heading of that name",
        "line 1: no column container, the container's id; expected a heading of that name",
    ]


def test_device_is_whose_the_city_says_then_whose_the_network_says() -> None:
    registry = DoorRegistry(
        {("porto", "B-001"): None, ("porto", "B-002"): None},
        named={("porto", "containers", EUI(1)): Sender("B-001", None)},
    )
    assert registry.find("porto", "containers", EUI(1), "B-002") == Sender("B-001", None)
    assert registry.find("porto", "containers", EUI(2), "B-002") == Sender("B-002", None)
    assert registry.find("porto", "containers", "B-001") == Sender("B-001", None)
    assert registry.find("lagos", "containers", EUI(1), "B-002") is None


def test_book_is_read_again_sooner_where_somebody_was_not_found_and_kept_while_the_store_is_away() -> None:
    now, books = [0.0], [DoorRegistry(), DoorRegistry({("porto", "B-001"): None})]

    def load() -> DoorRegistry:
        if not books:
            raise StoreAway("away")
        return books.pop(0)

    fresh = FreshDoorRegistry(load, lambda: now[0])
    now[0] = 3
    fresh.refresh_if_due()
    assert not fresh.latest.containers
    fresh.missed = True
    fresh.refresh_if_due()
    assert fresh.latest.containers
    now[0] = 60
    fresh.refresh_if_due()
    assert fresh.latest.containers
