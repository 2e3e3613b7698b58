"""Lists of containers, driven on a day's problem: the work that burns fuel, and its litres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import routing
from services.ledger.fuel import TruckFuel, Work


@dataclass(frozen=True)
class Scale:
    """What a kilometre and an hour of the estimate measure when they are driven."""

    road_factor: float = 1.0
    pace_factor: float = 1.0


class Drives:
    """A problem on which trucks drive lists in the order given, unloading when the next container would not fit."""

    def __init__(
        self,
        problem: routing.Problem,
        fuel: Mapping[str, TruckFuel],
        scale: Scale,
        lifted: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """`fuel` is of every truck that drives; `lifted` is how likely a container is lifted, 1 where it says none."""
        self.problem, self._fuel, self._scale, self._lifted = problem, fuel, scale, lifted
        rows = (("depot", problem.depots), ("disposal", problem.disposal_sites), ("stop", problem.stops))
        self._places = {(kind, row.id): row.location for kind, many in rows for row in many}
        self._metres = {v.id: problem.matrices[v.profile].distance_m for v in problem.vehicles}

    def drive(self, truck: str, stops: Sequence[str]) -> routing.FixedCircuit:
        return routing.replay_fixed_circuit(self.problem, truck, stops)

    def litres(self, truck: str, stops: Sequence[str]) -> float:
        """Of a list; nothing to drive burns nothing."""
        return self._fuel[truck].litres(self.work(self.drive(truck, stops))) if stops else 0.0

    def work(self, circuit: routing.FixedCircuit) -> Work:
        """Kilometres as measured: times the day's road factor."""
        metres, places = self._metres[circuit.route.vehicle], self._places
        collect_m = sum(
            int(metres[places["stop", a.id], places["stop", b.id]])
            for a, b in pairwise(circuit.route.visits)
            if a.kind == b.kind == "stop"
        )
        factor = self._scale.road_factor
        haul_m, lifts = circuit.distance_m - collect_m, sum(self.lifts(circuit).values())
        return Work(haul_m * factor, collect_m * factor, lifts, circuit.service_s)

    def lifts(self, circuit: routing.FixedCircuit) -> dict[str, float]:
        """Of each of its containers, how many are expected: 1, or less where a crew may drive past."""
        return {stop: self._lifted.get(stop, 1.0) for stop in circuit.route.stop_ids}

    def metres_between(self, truck: str, place: tuple[str, str], other: tuple[str, str]) -> int:
        """Of a truck's road between two places, each by kind (`depot`, `disposal`, `stop`) and id."""
        return int(self._metres[truck][self._places[place], self._places[other]])
