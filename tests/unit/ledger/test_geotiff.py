"""Population grids as GeoTIFF: cell by cell what they say, in whatever projection, and no more than the city's box."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.city.registry import Registry
from services.ledger import geotiff, people
from services.ledger.people import Grid, WrongPopulation, people_of, read_grid
from tests.support.example_town import example_town

rasterio = pytest.importorskip("rasterio")
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

WEST, NORTH, CELL = 1.85, 6.56, 0.001
"""Of a grid about the town's middle, cells of some 110 m."""
UTM_31N = "EPSG:32631"


@pytest.fixture(scope="module")
def town() -> Registry:
    return example_town()


def write(path: Path, cells: np.ndarray[Any, Any], **profile: Any) -> Path:
    bands = cells if cells.ndim == 3 else cells[None]
    told = {
        "driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2], "dtype": "float32",
        "crs": "EPSG:4326", "transform": rasterio.transform.from_origin(WEST, NORTH, CELL, CELL), **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **told) as raster:
        raster.write(bands.astype(told["dtype"]))
    return path


def some_people() -> np.ndarray[Any, Any]:
    """40 by 30 cells, a third of them without anybody."""
    rng = np.random.default_rng(3)
    return np.where(rng.random((40, 30)) < 1 / 3, 0.0, rng.uniform(1, 40, (40, 30)))


def test_every_inhabited_cell_is_read_at_its_middle(tmp_path: Path, town: Registry) -> None:
    """No data, not a number and nobody are no cell; the others keep their people."""
    cells = some_people()
    cells[0, 0], cells[5, 7] = -99_999.0, np.nan
    grid = read_grid(write(tmp_path / "people.tif", cells, nodata=-99_999.0), town)
    kept = np.nan_to_num(np.where(cells == -99_999, 0, cells))
    assert len(grid.people) == np.count_nonzero(kept)
    assert grid.people.sum() == pytest.approx(kept.sum(), rel=1e-6)
    row, column = np.argwhere(kept)[10]
    assert grid.lonlat[10] == pytest.approx([WEST + (column + 0.5) * CELL, NORTH - (row + 0.5) * CELL])
    assert Grid.of(grid.rows).sha256 == grid.sha256
    assert people_of(town, grid).count.sum() > 0


def test_another_projection_moves_the_cells_and_keeps_their_people(tmp_path: Path, town: Registry) -> None:
    """Metres of UTM 31 north: each cell's middle is where PROJ says, to a metre, and nobody is lost or resampled."""
    from rasterio.warp import transform

    (x,), (y,) = transform("EPSG:4326", UTM_31N, [WEST], [NORTH])
    cells = some_people()
    file = write(tmp_path / "utm.tif", cells, crs=UTM_31N, transform=rasterio.transform.from_origin(x, y, 100, 100))
    grid = read_grid(file, town)
    assert grid.people.sum() == pytest.approx(cells.sum(), rel=1e-6)
    row, column = np.argwhere(cells)[-1]
    (lon,), (lat,) = transform(UTM_31N, "EPSG:4326", [x + (column + 0.5) * 100], [y - (row + 0.5) * 100])
    assert grid.lonlat[-1] == pytest.approx([lon, lat], abs=1e-9)


def test_of_a_file_of_the_world_only_the_citys_part_is_read(tmp_path: Path, town: Registry) -> None:
    """360,000 by 180,000 cells would be 240 GiB; the town's are some hundred thousand, and there within seconds."""
    file = tmp_path / "world.tif"
    told = {
        "driver": "GTiff", "count": 1, "height": 180_000, "width": 360_000, "dtype": "float32", "nodata": -1,
        "crs": "EPSG:4326", "transform": rasterio.transform.from_origin(-180, 90, CELL, CELL), "tiled": True,
        "blockxsize": 2048, "blockysize": 2048, "compress": "deflate", "SPARSE_OK": "TRUE", "BIGTIFF": "YES",
    }  # fmt: skip
    with rasterio.open(file, "w", **told) as raster:
        window = rasterio.windows.Window(int((WEST + 180) / CELL), int((90 - NORTH) / CELL), 30, 40)
        raster.write(np.full((40, 30), 5, dtype="float32"), 1, window=window)
    began_s = time.process_time()
    grid = read_grid(file, town)
    assert grid.people.sum() == 5 * 1200
    assert time.process_time() - began_s < 20


@pytest.mark.parametrize(
    ("cells", "profile", "told"),
    [
        (np.ones((4, 4)), {"crs": None}, r"people.tif names no projection"),
        (np.ones((2, 4, 4)), {}, r"has 2 bands; expected one"),
        (np.full((4, 4), -9999.0), {}, r"a cell of -9999 people, and its value for no data is none"),
        (np.full((4, 4), np.inf), {}, r"a cell of inf people"),
        (np.zeros((4, 4)), {}, r"has nobody within the zones' box"),
        (
            np.ones((4, 4)),
            {"transform": rasterio.transform.from_origin(2.35, 48.85, CELL, CELL)},
            r"does not cover the city, which lies from 1\.\d+, 6\.\d+ to",
        ),
    ],
)
def test_a_wrong_file_is_refused_whole(
    tmp_path: Path, town: Registry, cells: np.ndarray[Any, Any], profile: dict[str, Any], told: str
) -> None:
    """What is wrong, and what is expected."""
    with pytest.raises(WrongPopulation, match=told):
        read_grid(write(tmp_path / "people.tif", cells, **profile), town)


def test_too_fine_a_grid_is_refused_before_it_fills_the_memory(
    tmp_path: Path, town: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "people.tif", np.ones((40, 30)))
    monkeypatch.setattr(people, "MOST_CELLS", 500)
    with pytest.raises(WrongPopulation, match=r"over 500 inhabited cells"):
        read_grid(file, town)
    monkeypatch.setattr(geotiff, "MOST_READ", 100)
    with pytest.raises(WrongPopulation, match=r"over 100 cells within the city's box"):
        read_grid(file, town)


def test_a_file_in_strips_is_the_same_file(tmp_path: Path, town: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "people.tif", some_people())
    whole = read_grid(file, town)
    monkeypatch.setattr(geotiff, "CELLS_AT_ONCE", 70)  # two rows and a part
    assert read_grid(file, town).sha256 == whole.sha256


def test_what_is_no_geotiff_is_said(tmp_path: Path, town: Registry) -> None:
    """A text with another name, and half a file."""
    text = tmp_path / "people.tif"
    text.write_text("lon,lat,people\n")
    with pytest.raises(WrongPopulation, match=r"people.tif cannot be read: .*expected a whole GeoTIFF"):
        read_grid(text, town)
    whole = write(tmp_path / "whole.tif", some_people(), compress="deflate").read_bytes()
    half = tmp_path / "half.TIF"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WrongPopulation, match=r"half.TIF cannot be read"):
        read_grid(half, town)


def test_without_rasterio_it_says_how_to_get_it(
    tmp_path: Path, town: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "people.tif", np.ones((4, 4)))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(WrongPopulation, match=r"pip install 'tournee\[grids\]', or give the grid as a CSV"):
        read_grid(file, town)
