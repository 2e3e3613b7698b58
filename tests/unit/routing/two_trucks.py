"""Random towns of two trucks and a few stops, hard for their size: one kind of every rule may bind."""

from __future__ import annotations

from random import Random

import numpy as np

from routing import (
    Break,
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
)
from routing.problem import Window

LAST_S = 6000
WASTE = frozenset({"any"})


def two_truck_town(seed: int, most_stops: int = 4) -> Problem:
    """The town of this seed. A second of crew costs 1, so do a litre and, for some trucks, ten metres."""
    rng = Random(f"two trucks {seed}")
    stops = rng.randint(2, most_stops)
    sites = [2, rng.choice([0, 1, 2, 3])]
    first = 3
    places = first + stops
    quick = _roads(rng, [(rng.uniform(0, 1000), rng.uniform(0, 1000)) for _ in range(places)])
    return Problem(
        name=f"two trucks {seed}",
        prices=Prices(1.0, 3600.0, "EUR"),
        locations=(Location(2.0, 6.0),) * places,
        matrices={"truck": quick, "tri": _slower(rng, quick)},
        depots=(Depot("D", 0), Depot("E", 1)),
        disposal_sites=(
            DisposalSite("S", sites[0], rng.choice([0, 200, 300]), _openings(rng)),
            DisposalSite("R", sites[1], rng.choice([0, 100, 600]), _openings(rng), rng.choice([frozenset(), WASTE])),
        ),
        vehicles=(_truck(rng, "A", "truck"), _truck(rng, "B", rng.choice(["truck", "tri"]))),
        stops=tuple(_stop(rng, number, first + number) for number in range(stops)),
    )


def _roads(rng: Random, at: list[tuple[float, float]]) -> Matrix:
    """Hundreds of seconds and as many metres, not quite the same there and back."""
    xy = np.array(at)
    away = np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)) * 1.3
    noise = np.array([[rng.uniform(0.9, 1.1) for _ in at] for _ in at])
    return _hundreds(away * noise)


def _slower(rng: Random, quick: Matrix) -> Matrix:
    return _hundreds(quick.duration_s * np.array([[rng.uniform(1.0, 1.5) for _ in row] for row in quick.duration_s]))


def _hundreds(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Matrix:
    whole = (np.ceil(values / 100) * 100).astype(np.int32)
    np.fill_diagonal(whole, 0)
    return Matrix(whole, whole)


def _openings(rng: Random) -> tuple[Window, ...]:
    whole: tuple[Window, ...] = ((0, LAST_S),)
    return rng.choice([whole, whole, ((100, LAST_S),), ((0, 1500), (3000, LAST_S)), ((2000, 5000),)])


def _truck(rng: Random, name: str, profile: str) -> Vehicle:
    return Vehicle(
        id=name,
        profile=profile,
        start_depot="D",
        end_depot=rng.choice("DE"),
        shift=(rng.choice([0, 400, 600]), rng.choice([4000, 5000, LAST_S])),
        capacity_kg=rng.choice([5, 8, 9, 12]),
        capacity_l=1000,
        streams=WASTE,
        fuel=FuelModel(rng.choice([1, 1, 100])),
        max_trips=rng.choice([None, 1, 2, 3]),
        rest=rng.choice([None, None, Break(600, (3000, 3500)), Break(300, (1500, 2500))]),
        fixed_cost=rng.choice([0, 0, 300, 500]),
        max_stops=rng.choice([None, None, None, 2]),
    )


def _stop(rng: Random, number: int, location: int) -> Stop:
    none: tuple[Window, ...] = ()
    soon, late = rng.randrange(400, 2500, 100), rng.randrange(2500, 5000, 100)
    return Stop(
        id=str(number),
        location=location,
        demand_kg=rng.choice([1, 2, 4, 5]),
        demand_l=1,
        service_s=rng.choice([0, 100, 300]),
        stream="any",
        windows=rng.choice([none, none, ((soon, soon),), ((soon, soon + 500),), ((late, late + 900),),
                            ((soon, soon), (late, late + 900))]),
        required=rng.random() < 0.5,
        prize=rng.randrange(0, 4000, 100),
        vehicles=rng.choice([None, None, None, frozenset("A"), frozenset("B")]),
    )  # fmt: skip
