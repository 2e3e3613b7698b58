"""Five hundred containers on Porto's streets, from the extract to a plan that the independent judge accepts."""

from pathlib import Path

import pytest

from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import roads_of
from services.roads.osm.places import find_places
from services.roads.osm.store import RoadStore
from tests.benchmarks.map_porto import EXTRACT, NOW, plan_porto, porto
from tests.support.judge_published import judge_made

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")
pytestmark = pytest.mark.skipif(not EXTRACT.is_file(), reason=f"{EXTRACT}, a real extract, is not there")


def test_five_hundred_containers_are_planned_without_a_violation(tmp_path: Path) -> None:
    """All but the one that no street leads a truck to; that one is told by the plan and kept for the technician."""
    registry = porto(500, trucks=10, with_lost=True)
    store = RoadStore(tmp_path, "porto")
    build_roads(store, registry, EXTRACT, now=NOW, told=lambda _step, _share: None)
    plan = plan_porto(registry, tmp_path, seconds=3)
    assert {left.container: left.reason for left in plan.unserved} == {"B499": "no_road"}
    verdict = judge_made(plan, registry, roads_of(registry, tmp_path), tmp_path)
    assert (verdict["violations"], verdict["served"], verdict["unserved"]) == ([], 499, 0)
    assert verdict["cost"] == pytest.approx(plan.cost, abs=0.01)
    checked = find_places(tmp_path, "porto")
    assert checked is not None
    assert [place.id for place in checked.places if place.served == "none"] == ["B499"]
