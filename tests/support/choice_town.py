"""A town for choosing days in: one kind of container in a row, one truck, everything round."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from services.city.registry import (
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Planning,
    Prices,
    Registry,
    Service,
    Truck,
    TruckClass,
    Zone,
)
from services.fill.belief import Belief, learn, start
from services.fill.evidence import Evidence
from services.fill.prospects import Prospects, rounds_from

MONDAY = date(2026, 3, 2)
EAST, WEST = ("E1", "E2", "E3", "E4"), ("W1", "W2", "W3", "W4")
"""Containers of the `mirrored` town."""
NEVER_SERVED_DAILY = Service(min_emptyings=1, period_days=31)


def town(*containers: Container, fixed_cost: float = 0, shift_to: int = 14, **rules: object) -> Registry:
    """One truck, a depot, and the landfill beside it, some four kilometres east of the containers."""
    return Registry(
        city=City(
            schema="tournee/city/1", id="porto", name="Porto", timezone="UTC", currency="XOF",
            prices=Prices(fuel_per_l=700, crew_per_h=2600), service=NEVER_SERVED_DAILY,
            planning=Planning(**{"max_days_between_emptyings": 7, **rules}),  # type: ignore[arg-type]
        ),
        zones=(Zone(id="z", name="Z", population=100),),
        zone_shapes={},
        container_kinds=(ContainerKind(id="bin", name="Bin", service_s=60, kg_per_l=0.25, fill_per_day=0.2),),
        containers=containers,
        truck_classes=(
            TruckClass(id="big", name="Big", capacity_kg=8000, capacity_l=16000, compaction=2, max_trips=3,
                       fixed_cost=fixed_cost, drive_l_per_km=0.5, per_stop_l=0.05, idle_l_per_h=3),
        ),
        trucks=(Truck(id="T1", truck_class="big", depot="D", shift_from=time(6), shift_to=time(shift_to)),),
        depots=(Depot(id="D", name="D", lon=2.45, lat=6.4),),
        disposal_sites=(
            DisposalSite(id="L", name="L", lon=2.45, lat=6.4, service_s=600, open_from=time(6), open_to=time(18)),
        ),
        baseline=(),
    )  # fmt: skip


def mirrored(**rules: object) -> Registry:
    """Four containers to the east of the depot and four to the west, at the same distances, each side a zone."""
    rows = [_bin_at(name, "east", 2.45 + 0.03 + n / 1000) for n, name in enumerate(EAST)]
    rows += [_bin_at(name, "west", 2.45 - 0.03 - n / 1000) for n, name in enumerate(WEST)]
    zones = (Zone(id="east", name="E", population=1000), Zone(id="west", name="W", population=1000))
    return town(*rows, **rules).model_copy(update={"zones": zones})  # type: ignore[arg-type]


def _bin_at(name: str, zone: str, lon: float) -> Container:
    return bin_(name, zone=zone).model_copy(update={"lon": lon})


def bin_(name: str, east: float = 0.0, **said: object) -> Container:
    """`east` in thousandths of a degree, some 110 m each."""
    fields = {"id": name, "name": name, "lon": 2.41 + east / 1000, "lat": 6.4, "kind": "bin", "capacity_l": 1000}
    return Container.model_validate({**fields, "zone": "z", **said})


def emptied(*days_ago: float) -> Belief:
    """At 10:00, so many days before Monday; the latest last."""
    belief = start()
    for ago in days_ago:
        at = datetime(2026, 3, 2, 10, tzinfo=UTC) - timedelta(days=ago)
        belief = learn(belief, Evidence("emptied", at, at))
    return belief


def large_morning(count: int, trucks: int) -> tuple[Registry, dict[str, Belief], Prospects]:
    """A made city of many containers, 33 km across, emptied up to three days ago, and what is expected of them."""
    chance = np.random.default_rng(1)
    places = chance.uniform(0, 300, (count, 2))
    containers = [
        bin_(f"C{n}").model_copy(update={"lon": 2.3 + x / 1000, "lat": 6.3 + y / 1000})
        for n, (x, y) in enumerate(places.tolist())
    ]
    registry = town(*containers, max_days_between_emptyings=3, fixed_cost=10_000)
    fleet = tuple(registry.trucks[0].model_copy(update={"id": f"T{n}"}) for n in range(trucks))
    registry = registry.model_copy(update={"trucks": fleet})
    ago = chance.integers(0, 4, count).tolist()
    beliefs = {container.id: emptied(days) for container, days in zip(containers, ago, strict=True)}
    levels = np.cumsum(chance.uniform(0, 0.4, (count, 4)), axis=1)
    known = np.ones(count, dtype=bool)
    rounds, chances = rounds_from(registry, MONDAY, 4), (levels >= 1).astype(np.float64)
    prospects = Prospects(
        rounds,
        levels,
        levels[:, 0],
        (levels[:, 0], levels[:, 0]),
        np.maximum(levels - 1, 0),
        chances,
        np.full(count, 0.2),
        known,
    )
    return registry, beliefs, prospects
