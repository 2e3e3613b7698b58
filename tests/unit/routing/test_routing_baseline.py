"""What the ledger compares with: fixed circuits as driven today, litres, estimated roads, people served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import (
    DisposalSite,
    FuelModel,
    PlanError,
    RoutingError,
    Zone,
    estimated_roads,
    litres,
    replay_fixed_circuit,
    service_coverage,
)
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

OPEN = ((0, 86_400),)


def test_fixed_circuit_unloads_when_the_next_bin_would_not_fit() -> None:
    """Protects the baseline: stops in their order, landfill when full, landfill and depot at the end."""
    # Bins of 400 kg at km 1, 2, 3, truck of 1000 kg, landfill at km 5: 0-1-2-5-3-5-0 is 1+1+3+2+2+5 = 14 km.
    # 1400 s of driving, 3 x 60 s, 2 x 600 s: 2780 s. Money: 14 l + 27.8 = 41.8.
    problem = make_town([0, 5, 1, 2, 3], [bin_at(2), bin_at(3), bin_at(4)])
    circuit = replay_fixed_circuit(problem, "T1", ["B2", "B3", "B4"])
    assert [visit.id for visit in circuit.route.visits] == ["D", "B2", "B3", "L", "B4", "L", "D"]
    assert (circuit.distance_m, circuit.duty_s, circuit.trips) == (14_000, 2780, 2)
    assert circuit.cost == pytest.approx(41.8)
    assert circuit.over_shift_s == 0
    assert circuit.unloads


def test_fixed_circuit_takes_the_site_with_the_cheapest_detour() -> None:
    """Protects the choice of site: not the nearest, but the one on the way."""
    # From km 4 home: the site at km 5 is 1 km away but costs 6 km; the one at km 2 lies on the way home, 4 km.
    sites = [DisposalSite("far", 1, 600, OPEN), DisposalSite("near", 3, 600, OPEN)]
    problem = make_town([0, 5, 4, 2], [bin_at(2)], sites=sites)
    assert replay_fixed_circuit(problem, "T1", ["B2"]).route.visits[2].id == "near"


def test_fixed_circuit_reports_overtime_lateness_and_overload_instead_of_refusing() -> None:
    """Protects honesty about today: the excess is told, nothing is enforced."""
    truck = replace(TRUCK, shift=(0, 1000), capacity_kg=300)
    problem = make_town([0, 5, 1], [bin_at(2, windows=((0, 50),))], [truck])
    circuit = replay_fixed_circuit(problem, "T1", ["B2"])
    # 100 s out, 60 s, 400 s to the landfill, 600 s there, 500 s home: 1660 s, 660 s over.
    assert circuit.over_shift_s == 660
    assert circuit.late_stops == ("B2",)
    assert circuit.overloads == ("B2",)


def test_fixed_circuit_refuses_ids_it_does_not_know() -> None:
    """Protects the ledger from silently cheaper baselines."""
    problem = make_town([0, 5, 1], [bin_at(2)])
    with pytest.raises(PlanError, match="T9"):
        replay_fixed_circuit(problem, "T9", ["B2"])
    with pytest.raises(PlanError, match="B7"):
        replay_fixed_circuit(problem, "T1", ["B7"])


def test_litres_are_kilometres_stops_and_idling() -> None:
    """Protects the fuel model: 10 km at 0.5, 20 stops at 0.06, half an hour at 3.2: 5 + 1.2 + 1.6."""
    assert litres(FuelModel(0.5, 0.06, 3.2), 10_000, 20, 1800) == pytest.approx(7.8)


def test_estimated_roads_slow_in_town_and_faster_on_the_haul() -> None:
    """Protects the fallback without a road map: detour, two speeds, continuous in between."""
    # One degree of latitude is 6371008.8 m x pi / 180 = 111195 m; times 1.4: 155673 m.
    # 3000 m at 5 m/s take 600 s, 152673 m at 9.7222 m/s take 15703.5 s: 16304 s, rounded up.
    roads = estimated_roads(np.array([[2.4, 6.0], [2.4, 7.0]]))
    assert roads.distance_m[0, 1] == 155_673
    assert roads.duration_s[0, 1] == 16_304
    assert roads.distance_m[1, 1] == 0
    with pytest.raises(RoutingError, match="finite"):
        estimated_roads(np.array([[2.4, np.nan]]))


def test_people_count_by_the_share_of_containers_emptied_often_enough() -> None:
    """Protects delivered coverage: 1 of 2 containers in A serves 500 of 1000, B without containers serves nobody."""
    zones = [Zone("A", 1000), Zone("B", 300), Zone("C", 200)]
    coverage = service_coverage(zones, {"A": ["a1", "a2"], "C": ["c1"]}, {"a1": 2, "a2": 1, "c1": 3})
    assert coverage.people_served == 700
    assert coverage.share == pytest.approx(700 / 1500)
    assert coverage.unserved == ("B",)
    with pytest.raises(RoutingError, match="min_emptyings"):
        service_coverage(zones, {}, {}, min_emptyings=0)
