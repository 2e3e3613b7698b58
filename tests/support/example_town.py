"""The town of the documentation, as its folder describes it, and the same town shared by two fleets."""

from pathlib import Path

from services.city.folder import read_folder
from services.city.registry import Fleet, Registry

EXAMPLE = Path(__file__).parents[1] / "data" / "houeyogbe"

LORRIES, TIPPERS = "lorries", "tippers"
"""Of `two_fleet_town`: the compactor's, with the town and Sè, and the tipper's, with Doutou and its sorting."""
FLEET_OF_TRUCK = {"RB-1021": LORRIES, "RB-2210": TIPPERS}


def example_town() -> Registry:
    """Read anew each time: tests may change what they were given."""
    reading = read_folder(EXAMPLE)
    assert reading.registry is not None, f"{EXAMPLE} has errors: {reading.errors}"
    return reading.registry


def two_fleet_town() -> Registry:
    """Its fixed circuits part the same way: nine containers for the compactor, three for the tipper."""
    town = example_town()
    fleets = (
        Fleet(id=LORRIES, name="Lot des bennes", contractor="Mono Propreté", zones=("centre", "se")),
        Fleet(id=TIPPERS, name="Lot de Doutou", zones=("doutou",)),
    )
    trucks = tuple(truck.model_copy(update={"fleet": FLEET_OF_TRUCK[truck.id]}) for truck in town.trucks)
    return town.model_copy(update={"fleets": fleets, "trucks": trucks})
