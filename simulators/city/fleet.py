"""The fleet, the depots, the disposal sites and the kinds of container of the made-up city, with their origins."""

from dataclasses import dataclass
from typing import NamedTuple

from simulators.city.avenues import LANDFILL_XY_M

COMPACTOR, TIPPER = "compacteur", "benne"

CONTAINER_KINDS = (
    # id, name, service_s, kg_per_l, fill_per_day. Service 60/90/150 s and 0.28 kg/L as in the project's made-up routing
    # problems; 0.28 is loose household waste of low-income cities (0.07 kg/L in Edinburgh's litter bins), markets
    # are wetter. fill_per_day is assumed: 700 containers then take in some 77 t a day, about a quarter of what 679,000
    # people make at 0.46 kg a day (World Bank, What a Waste 2.0, sub-Saharan Africa); the rest goes door to door. A bin
    # is due on its second or third day, by the promise of three days more often than by its fill.
    # mount_mm: from the floor to a sensor under the lid, assumed. blind_mm: as of Dragino's LDDS75 (280 to 7,500 mm).
    # The simulated sensors tell shares and have no use for either; a real one that somebody plugs in has.
    ("bac-660", "Bac roulant 660 L", 60, 0.28, 0.25, 1200, 280),
    ("bac-1100", "Bac roulant 1100 L", 90, 0.28, 0.28, 1400, 280),
    ("caisson-marche", "Caisson de marché 2500 L", 150, 0.35, 0.90, 1600, 280),
)
CAPACITY_L = {"bac-660": 660, "bac-1100": 1100, "caisson-marche": 2500}
SERVICE_S = {kind: seconds for kind, _, seconds, *_ in CONTAINER_KINDS}
KG_PER_L = {kind: kg for kind, _, _, kg, *_ in CONTAINER_KINDS}
FILL_PER_DAY = {kind: fill for kind, _, _, _, fill, *_ in CONTAINER_KINDS}


@dataclass(frozen=True)
class TruckClass:
    """A class of trucks. `capacity_l` is the body; times `compaction` it is the loose waste that the body takes."""

    id: str
    name: str
    capacity_kg: int
    capacity_l: int
    compaction: float
    max_trips: int
    fixed_cost_xof: int
    drive_l_per_km: float
    per_stop_l: float
    idle_l_per_h: float

    @property
    def loose_l(self) -> float:
        return self.capacity_l * self.compaction


TRUCK_CLASSES = {
    # Pressed 3 times, a full 16 m3 rear loader is held by its 9 t, not by its litres. 0.52 L/km driven, 0.06 L a lift,
    # 3.2 L/h standing (idling about 3 L/h: Argonne, read on a secondary page); the rest of both lines is assumed.
    COMPACTOR: TruckClass(COMPACTOR, "Compacteur 16 m³", 9000, 16_000, 3.0, 4, 22_000, 0.52, 0.06, 3.2),
    TIPPER: TruckClass(TIPPER, "Camion-benne 10 m³", 4200, 10_000, 1.5, 4, 15_000, 0.34, 0.045, 2.4),
}


@dataclass(frozen=True)
class Truck:
    """A truck; `has_break` where its crew takes a break."""

    id: str
    truck_class: str
    depot: str
    has_break: bool = False


_WITH_BREAK = (3, 9)  # a compactor and a tipper
TRUCKS = tuple(
    Truck(f"T{number:02d}", kind, depot, number in _WITH_BREAK)
    for number, (kind, depot) in enumerate(
        [(COMPACTOR, "D1")] * 5 + [(COMPACTOR, "D2")] * 3 + [(TIPPER, "D1")] * 2 + [(TIPPER, "D2")] * 2, start=1
    )
)
SHIFT_FROM, SHIFT_TO = "06:00", "14:00"
BREAK_S, BREAK_FROM, BREAK_TO = 1800, "10:00", "12:00"
MARKET_FROM, MARKET_TO = "06:00", "09:00"
"""Before the stalls fill the streets."""


class Depot(NamedTuple):
    """Where trucks start and end, metres east and north."""

    id: str
    name: str
    xy_m: tuple[float, float]


DEPOTS = (Depot("D1", "Dépôt de l'Ouest", (-3900.0, 1500.0)), Depot("D2", "Dépôt de l'Est", (3150.0, 2150.0)))
"""Where they are wanted; `draw.py` moves depots and sites to the nearest street corner."""


@dataclass(frozen=True)
class DisposalSite:
    """Where trucks unload, metres east and north."""

    id: str
    name: str
    xy_m: tuple[float, float]
    service_s: int
    open_from: str
    open_to: str
    weekdays: str


EVERY_DAY = "mon tue wed thu fri sat sun"
TRANSFER = DisposalSite(
    "transfert", "Centre de transfert des Collines", (-4650.0, 5300.0), 900, "06:00", "16:00", EVERY_DAY
)
LANDFILL = DisposalSite("decharge", "Décharge de l'Ouest", LANDFILL_XY_M, 1200, "06:00", "18:00", EVERY_DAY)
