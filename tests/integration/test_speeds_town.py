"""Valhalla on a town that can be reckoned by hand, from any form of extract."""

from pathlib import Path

import numpy as np
import pytest

from services.roads.learning.matcher import Matcher, open_matcher
from services.roads.osm.errors import GraphBroken
from services.roads.osm.extract import sha256_of
from services.roads.speeds import passes_of
from services.roads.tracks import TrackFix
from tests.support.roads_town import at, write_town

pytest.importorskip("osmium", reason="no wheel of osmium for this machine")
pytest.importorskip("valhalla", reason="no wheel of Valhalla for this machine")


def opened(folder: Path, name: str) -> Matcher:
    extract = write_town(folder / name)
    return open_matcher(extract, sha256_of(extract), folder / "matching")


@pytest.mark.parametrize("name", ["roads.osm.pbf", "roads.osm.gz"])
def test_a_drive_is_told_in_the_nodes_of_the_extract(tmp_path: Path, name: str) -> None:
    """From A by B to near E at 10 m/s, 3 m off: A, B, E are nodes 1, 2, 5, and only A to B was driven whole."""
    fixes = [TrackFix(1_000_000 + s, *at(10.0 * s, 3)) for s in range(0, 121, 5)]
    (drive,) = opened(tmp_path, name).drives(fixes, "truck")
    assert drive.nodes == [1, 2, 5]
    assert drive.node_m == pytest.approx([0, 400, 1400], rel=0.005)
    assert drive.fix_s.tolist() == [fix.at_s for fix in fixes]
    ((pair, kmh, _),) = passes_of(drive, [0, 0, 0], [20, 20])
    assert pair == (1, 2)
    assert kmh == pytest.approx(36, rel=0.05)


def test_positions_at_sea_are_no_drive(tmp_path: Path) -> None:
    """A receiver that has lost itself is data, not a fault of the night."""
    fixes = [TrackFix(s, *at(10.0 * s, -20_000)) for s in range(0, 61, 5)]
    assert list(opened(tmp_path, "roads.osm.pbf").drives(fixes, "truck")) == []


def test_what_was_built_is_used_again(tmp_path: Path) -> None:
    """Tiles are built once for an extract; those of another replace them."""
    opened(tmp_path, "roads.osm.pbf")
    (home,) = (tmp_path / "matching").iterdir()
    built_at = home.stat().st_mtime_ns
    extract = tmp_path / "roads.osm.pbf"
    open_matcher(extract, sha256_of(extract), tmp_path / "matching")
    other = write_town(tmp_path / "other.osm.gz")
    assert [f.stat().st_mtime_ns for f in (tmp_path / "matching").iterdir()] == [built_at]
    open_matcher(other, sha256_of(other), tmp_path / "matching")
    (now,) = (tmp_path / "matching").iterdir()
    assert now != home


def test_an_extract_that_valhalla_cannot_read_is_told(tmp_path: Path) -> None:
    """By its name and Valhalla's own words; nothing half-built is taken for whole."""
    broken = tmp_path / "roads.osm.pbf"
    broken.write_bytes(np.random.default_rng(1).bytes(2000))
    for _ in range(2):
        with pytest.raises(GraphBroken, match=r"roads\.osm\.pbf: valhalla_build_tiles ended with"):
            open_matcher(broken, sha256_of(broken), tmp_path / "matching")
