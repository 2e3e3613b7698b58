"""Penalties: they belong to a contract, and each can be charged as it stands."""

from pathlib import Path

import pytest

from services.city.folder import read_folder
from services.city.penalties import ContractRules, Penalty
from services.city.registry import Registry
from services.city.write import write_folder
from tests.support.example_town import TIPPERS, two_fleet_town

HEADER = "code,event,unit,amount,grace,cap,fleets"


def contracted() -> Registry:
    """Both fleets have a contractor."""
    town = two_fleet_town()
    names = ("Mono Propreté", "Sahoué Services")
    fleets = (fleet.model_copy(update={"contractor": name}) for fleet, name in zip(town.fleets, names, strict=True))
    return town.model_copy(update={"fleets": tuple(fleets)})


@pytest.fixture
def shared(folder: Path) -> Path:
    write_folder(contracted(), folder)
    return folder


def told(folder: Path, *rows: str) -> list[str]:
    (folder / "penalties.csv").write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return [str(error) for error in read_folder(folder).errors]


def test_penalties_read_back_as_they_were_written(folder: Path) -> None:
    """Grace and cap, for all and for one; and the days for an answer, where the contract says others."""
    penalties = (
        Penalty(code="P1", event="circuit_not_done", amount=150_000, cap=1_500_000),
        Penalty(code="P-2.b", event="circuit_late", unit="hour", amount=10_000.5, grace=60, fleets=(TIPPERS,)),
    )
    city = contracted().city.model_copy(update={"contract": ContractRules(answer_days=15)})
    town = contracted().model_copy(update={"penalties": penalties, "city": city})
    write_folder(town, folder)
    assert read_folder(folder).registry == town
    write_folder(contracted(), folder)
    assert not (folder / "penalties.csv").exists()


def test_folder_without_penalties_is_the_city_it_was() -> None:
    """Nothing of contracts is written into a city that keeps none: its versions stay what they are."""
    assert "contract" not in two_fleet_town().city.model_dump()


def test_penalties_without_a_contract_are_refused(folder: Path) -> None:
    """Nobody would owe them: neither where no fleet has a contractor, nor where there is no file of fleets."""
    fault = "a penalty without a contract: no fleet of fleets.csv has a contractor; expected one, or no penalties"
    town = two_fleet_town()
    bare = town.model_copy(
        update={"fleets": tuple(fleet.model_copy(update={"contractor": None}) for fleet in town.fleets)}
    )
    write_folder(bare, folder)
    assert told(folder, "P1,circuit_not_done,event,1000,,,", "P2,circuit_late,event,1000,,,") == [
        f'penalties.csv line 2, column code: "P1" — {fault} — in 2 places, also line 3 "P2"'
    ]


def test_every_fault_of_every_row_is_told_at_once(shared: Path) -> None:
    """A town hall mends a file once, not fault by fault."""
    assert told(
        shared,
        "P1,circuit_not_don,event,1000,,,",
        "P2,circuit_late,event,-500,,,",
        "P3,stops_missed,hour,2500,2,100,carts",
        "P3,tracking_missing,event,10,-1,,",
    ) == [
        'penalties.csv line 2, column event: "circuit_not_don" — expected one of circuit_not_done, circuit_late, '
        "stops_missed, tracking_missing, container_overflowing",
        'penalties.csv line 3, column amount: "-500" — expected money for each unit, in the currency of the city, '
        "0 to 10000000000",
        'penalties.csv line 4, column cap: "100" — expected at least the amount of one unit, 2500, or nothing where '
        "there is no cap",
        'penalties.csv line 4, column fleets: "carts" — expected an id of fleets.csv',
        'penalties.csv line 4, column unit: "hour" — expected event or container: no other unit goes with stops_missed',
        'penalties.csv line 5, column grace: "-1" — expected minutes, hours, containers or times forgiven, 0 to 10000',
    ]


def test_code_stands_once_and_a_fleet_has_a_contract(shared: Path) -> None:
    """Of two fleets one has a contractor: a penalty of the other is nobody's."""
    text = (shared / "fleets.csv").read_text(encoding="utf-8")
    (shared / "fleets.csv").write_text(text.replace("Sahoué Services", ""), encoding="utf-8")
    assert told(
        shared,
        "P1,stops_missed,container,2500,,,",
        "P1,circuit_late,event,10,,,",
        f"P2,circuit_late,event,9,,,{TIPPERS}",
    ) == [
        'penalties.csv line 3, column code: "P1" — the code stands on line 2 already: each only once',
        f'penalties.csv line 4, column fleets: "{TIPPERS}" — this fleet has no contractor: expected one in fleets.csv, '
        "or another fleet here",
    ]
