"""The way from each visit to the next, as the phone keeps it for a shift without a network."""

from services.contracts.planning import Circuit
from services.roads.manoeuvres import Language, instruction
from services.roads.ways import Leg
from services.web.driver.schemas import DriverLeg, DriverManoeuvre
from services.web.ground.circuit_lines import CircuitLine

DECIMALS = 5  # 1 m


def legs_of(circuit: Circuit, line: CircuitLine, language: Language) -> list[DriverLeg]:
    """One leg for each visit with a place but the first, in driving order. Straight ones have no manoeuvres."""
    placed = [n for n, visit in enumerate(circuit.visits) if visit.lon is not None and visit.lat is not None]
    return [_leg(to, leg, language) for to, leg in zip(placed[1:], line.way.legs, strict=True)]


def _leg(to: int, leg: Leg, language: Language) -> DriverLeg:
    return DriverLeg(
        to=to,
        distance_m=leg.distance_m,
        duration_s=leg.duration_s,
        line=[(round(lon, DECIMALS), round(lat, DECIMALS)) for lon, lat in leg.line],
        manoeuvres=[
            DriverManoeuvre(
                text=instruction(m.kind, m.direction, m.street, m.exit, language),
                direction=_turn(m.kind, m.direction),
                distance_m=m.distance_m,
            )
            for m in leg.manoeuvres
        ],
    )


def _turn(kind: str, direction: str) -> str:
    """Which of the few arrows is drawn: left, right, straight, uturn or arrive."""
    if kind in {"arrive", "depart"}:
        return "arrive" if kind == "arrive" else "straight"
    return next((turn for turn in ("uturn", "left", "right") if turn in direction), "straight")
