"""What a plain list of containers cannot know, assumed: kinds, trucks and the shape of a round.

Every number stands here with where it comes from. "Assumed" means: plausible, from no source; a city replaces it.
Money is assumed in litres of fuel, since a list does not tell the price level of its country.
"""

import math
from dataclasses import dataclass
from datetime import time
from typing import Literal

from services.city.registry import ContainerKind, Planning, Prices, TruckClass

KG_PER_L = 0.25  # assumed: mixed waste as it lies in a container; weigh a few loads
FILL_PER_DAY = 0.3  # assumed: three emptyings a week, nearly full after the longest gap of three days
FILL_WHEN_EMPTIED = 0.9  # 3 days at 0.3

COMPACTION = 2.5  # assumed: rear loader with a press
MAX_TRIPS = 3  # assumed: loads that a shift of eight hours allows
DRIVE_L_PER_KM = 0.82  # refuse truck, average: about 82 L/100 km (US AFDC, average fuel economy by vehicle class)
# Over 0.8 US gallons an hour, medium-heavy truck (Argonne, read on a secondary page). The average per km holds some
# standing too, so this counts a little twice, on the side of too much fuel.
IDLE_L_PER_H = 3.0
PER_STOP_L = 0.0  # the average per km above was measured with its stops; part them once trucks are calibrated

SHIFT_FROM, SHIFT_TO = time(6), time(14)
BREAK_S, BREAK_FROM, BREAK_TO = 1800, time(9), time(11)
DUTY_S = 6.5 * 3600  # of the eight hours: less the break, and an hour for what goes wrong
DISPOSAL_S = 1200  # assumed: weigh, unload, leave
SITE_HAUL_M = 8000  # the assumed disposal site lies this far north of the northernmost container
ZONE_MARGIN_M = 300  # the shape of the one zone reaches this far beyond the containers

# Sub-Saharan Africa, kilograms a person throws away in a day (World Bank, What a Waste 2.0; on a secondary page).
KG_A_PERSON_DAY = 0.46

FUEL_PRICE = 1.0  # unknown: everything is then counted in litres of fuel
CREW_L_PER_H = 2.5  # crew per hour, in litres of fuel: assumed
TRUCK_DAY_L = 20.0  # use of a truck per day, in litres of fuel: assumed
OVERFLOW_L_PER_L = 0.003  # prize of a litre beside a full container: the default of 2 XOF at 700 XOF a litre of fuel


@dataclass(frozen=True)
class _Size:
    id: str
    name: str
    up_to_l: float
    service_s: int


type Large = Literal["street", "skip"]
"""How containers over `LARGE_L` are emptied: on the spot by the truck's arm or crane, or hooked and tipped."""

# Assumed: seconds to empty one, by how it is lifted. A side loader's arm takes about one minute, a crane three.
_STREET = _Size("street", "Street container", 5000, 120)
_SKIP = _Size("skip", "Skip", math.inf, 480)
SIZES = (_Size("bin", "Wheeled bin", 400, 30), _Size("large-bin", "Four-wheeled bin", 2000, 75), _STREET, _SKIP)
LARGE_L = 2000
"""Beyond this, litres do not tell how a container is emptied, and the seconds for it differ by four."""

# Assumed: bodies that are common on the road. The first one that takes three of the largest containers is used; for
# street containers the last one, since they are the work of large side loaders.
CLASSES = (
    ("compactor-8", "Compactor 8 m3", 4000, 8000),
    ("compactor-16", "Compactor 16 m3", 9000, 16000),
    ("compactor-22", "Compactor 22 m3", 12000, 22000),
)
CONTAINERS_A_LOAD = 3


def kind_of(litres: float, large: Large | None = None) -> str:
    """The id of the kind for a container of this size; `large` says what those over `LARGE_L` are."""
    return _size(litres, large).id


def kinds(used: set[str]) -> tuple[ContainerKind, ...]:
    """The kinds that are used, small ones first."""
    return tuple(
        ContainerKind(
            id=size.id, name=size.name, service_s=size.service_s, kg_per_l=KG_PER_L, fill_per_day=FILL_PER_DAY
        )
        for size in SIZES
        if size.id in used
    )


def service_s(litres: float, large: Large | None = None) -> int:
    """Seconds to empty a container of this size."""
    return _size(litres, large).service_s


def kind_name(litres: float, large: Large | None = None) -> str:
    """What a container of this size is taken for, in words."""
    return _size(litres, large).name.lower()


def _size(litres: float, large: Large | None) -> _Size:
    if large is not None and litres > LARGE_L:
        return _STREET if large == "street" else _SKIP
    return next(size for size in SIZES if litres <= size.up_to_l)


def truck_class(largest_l: float, fuel_per_l: float, large: Large | None = None) -> TruckClass:
    """A class that takes several of the largest containers full; one of its own size where no common body does."""
    need_kg, need_l = CONTAINERS_A_LOAD * largest_l * KG_PER_L, CONTAINERS_A_LOAD * largest_l / COMPACTION
    made = ("large-truck", "Large truck", math.ceil(need_kg), math.ceil(need_l))
    fitting = [body for body in CLASSES if body[2] >= need_kg and body[3] >= need_l] or [made]
    is_street = _size(largest_l, large) is _STREET
    class_id, name, capacity_kg, capacity_l = fitting[-1 if is_street else 0]
    return TruckClass(
        id=class_id,
        name=name,
        capacity_kg=capacity_kg,
        capacity_l=capacity_l,
        compaction=COMPACTION,
        max_trips=MAX_TRIPS,
        fixed_cost=TRUCK_DAY_L * fuel_per_l,
        drive_l_per_km=DRIVE_L_PER_KM,
        per_stop_l=PER_STOP_L,
        idle_l_per_h=IDLE_L_PER_H,
    )


def load_l(body: TruckClass) -> float:
    """Litres of loose waste that one load takes: whichever of weight and volume is full first."""
    return min(body.capacity_kg / KG_PER_L, body.capacity_l * body.compaction)


def prices(fuel_per_l: float) -> Prices:
    return Prices(fuel_per_l=fuel_per_l, crew_per_h=CREW_L_PER_H * fuel_per_l)


def planning(fuel_per_l: float) -> Planning:
    return Planning(overflow_price_per_l=round(OVERFLOW_L_PER_L * fuel_per_l, 6))
