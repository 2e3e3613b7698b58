"""Porto on its real streets, where the extract is at hand: containers, roads, map and a plan, for people to look at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

import numpy as np

from services.city.registry import City, Registry, Zone
from services.city.store import store_registry
from services.contracts.planning import PlanMade
from services.planning.plan_day import plan_day
from services.roads.basemap.build import build_map
from services.roads.basemap.store import MapStore
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import roads_of
from services.roads.osm.store import RoadStore
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.web.entry.phones import add_phone
from tests.support.beside import EXTRACTS
from tests.support.orders import day_order
from tests.support.roads_town import town
from tests.support.web_seed import OPERATOR, key_of, put_plan

EXTRACT = EXTRACTS / "porto.osm.pbf"
FRAME = (-8.6212, 41.1247, -8.5937, 41.1561)
DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
DRIVER = ("C-1", "482193")
DEPOT, SITE = (-8.6155, 41.1525), (-8.6002, 41.1335)  # lon, lat: beside streets of the north-west and the south-east


LOST = (-8.6240, 41.1389)
"""In a street that the extract's border cuts off: some 440 m from the next that leads anywhere, so no truck comes."""


def porto(containers: int, trucks: int = 5, *, with_lost: bool = False) -> Registry:
    """Containers beside named streets all over the extract, drawn with a fixed seed; the last one is lost if asked."""
    base = town({"x": (0, 0)}, capacity_kg=4000, capacity_l=10_000, compaction=3)  # compacting, as trucks there are
    west, south, east, north = FRAME
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    spots = _spots(containers)
    if with_lost:
        spots[-1] = ("Rua cortada", *LOST)
    document = base.city.model_dump(by_alias=True) | {"id": "porto", "name": "Porto", "timezone": "Europe/Lisbon"}
    return base.model_copy(
        update={
            "city": City.model_validate(document | {"currency": "EUR"}),
            "zones": (Zone(id="z", name="Porto", population=100_000),),
            "zone_shapes": {"z": {"type": "Polygon", "coordinates": [ring]}},
            "containers": tuple(
                base.containers[0].model_copy(update={"id": f"B{n:03}", "name": name, "lon": lon, "lat": lat})
                for n, (name, lon, lat) in enumerate(spots)
            ),
            "trucks": tuple(base.trucks[0].model_copy(update={"id": f"C-{n + 1}"}) for n in range(trucks)),
            "depots": tuple(d.model_copy(update={"lon": DEPOT[0], "lat": DEPOT[1]}) for d in base.depots),
            "disposal_sites": tuple(s.model_copy(update={"lon": SITE[0], "lat": SITE[1]}) for s in base.disposal_sites),
        }
    )


def _within(point: tuple[float, float]) -> bool:
    return FRAME[0] < point[0] < FRAME[2] and FRAME[1] < point[1] < FRAME[3]


def _spots(count: int) -> list[tuple[str, float, float]]:
    import osmium

    kinds = {"residential", "tertiary", "secondary", "living_street"}
    found: list[tuple[str, float, float]] = []
    ways: Any = osmium.FileProcessor(str(EXTRACT), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for way in ways:
        if not way.is_way() or way.tags.get("highway") not in kinds or "name" not in way.tags:
            continue
        nodes = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
        found += [(way.tags["name"], *point) for point in nodes if _within(point)]
    chosen = np.random.default_rng(4).choice(len(found), count, replace=False)
    return [found[n] for n in sorted(chosen.tolist())]


def build_porto(registry: Registry, data: Path) -> None:
    """Roads and map under a data folder."""
    untold = {"now": NOW, "told": lambda _step, _share: None}
    build_roads(RoadStore(data, "porto"), registry, EXTRACT, **untold)  # type: ignore[arg-type]
    build_map(MapStore(data, "porto"), registry, EXTRACT, **untold)  # type: ignore[arg-type]


def plan_porto(registry: Registry, data: Path | None, seconds: float = 4.0) -> PlanMade:
    """A plan of the day, on real roads where a data folder is given."""
    order = day_order("porto", DAY, NOW, seconds)
    return plan_day(order, registry, {}, now=lambda: NOW, roads=roads_of(registry, data) if data else None)


def put_porto(database_url: str, registry: Registry, plan: PlanMade) -> None:
    """All of it in a store, sent to the trucks."""
    fills = np.random.default_rng(5).uniform(0.3, 1.05, len(registry.containers))
    with connect(database_url, name="seed") as connection:
        store_registry(connection, registry, who="test", now=NOW)
        for container, fill in zip(registry.containers, fills.tolist(), strict=True):
            connection.execute(
                "INSERT INTO container_state (city_id, container_id, fill_ratio, fill_at) VALUES (%s, %s, %s, %s)",
                ("porto", container.id, fill, NOW - timedelta(hours=1)),
            )
        add_account(connection, "porto", OPERATOR[0], "operator", OPERATOR[1])
        for truck in registry.trucks:
            add_account(connection, "porto", truck.id, "driver", DRIVER[1], truck.id)
            add_phone(connection, "porto", truck.id, by="awa", now=NOW, key=key_of(truck.id))
        put_plan(connection, plan)
        connection.execute(
            "INSERT INTO dispatch VALUES (%s, %s, %s, %s, %s, %s)",
            (uuid5(plan.plan_id, "dispatch"), "porto", plan.day, plan.plan_id, OPERATOR[0], NOW),
        )
