"""The adapter of GeoTIFF population grids: rasterio, which brings GDAL and is installed by whoever has such a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from services.errors import TourneeError

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.io import DatasetReader

SUFFIXES = (".tif", ".tiff")
WGS84 = "EPSG:4326"
MOST_READ = 50_000_000
"""Cells in the city's box, and so what is read at most: a box of 200 km in cells of 30 m."""
CELLS_AT_ONCE = 1_000_000
EDGE_POINTS = 21
"""Of each side of the box: in another projection it is a bent shape."""
CACHE_MB = 64

type Box = tuple[float, float, float, float]
"""West, south, east, north: degrees WGS 84."""
type Table = NDArray[np.float64]


class WrongRaster(TourneeError):
    """A GeoTIFF cannot be taken as a population grid; the message says what is expected."""


def read_cells(path: Path, box: Box, most: int) -> Table:
    """(n, 3) lon, lat, people of every inhabited cell whose middle lies in a box.

    A cell's people are counts and stay what they are: of a file in another projection the cells' middles are
    transformed, and nothing is resampled. Only the part within the box is read, strip by strip. Cells without data are
    left out.

    Raises:
        WrongRaster: no GeoTIFF, no projection, not one band, not of this city, people below nothing, more than `most`
            cells; or rasterio is not installed.
    """
    try:
        import rasterio  # noqa: PLC0415 - an extra that few need
        from rasterio.errors import RasterioError  # noqa: PLC0415
    except ImportError as error:
        raise WrongRaster(
            f"{path.name} is a GeoTIFF, which rasterio reads: pip install 'tournee[grids]', or give the grid as a CSV"
        ) from error
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB), rasterio.open(path, driver="GTiff") as raster:
            _check(path.name, raster)
            return _inhabited(path.name, raster, box, most)
    except RasterioError as error:
        raise WrongRaster(
            f"{path.name} cannot be read: {error}; expected a whole GeoTIFF in a known projection"
        ) from error


def _check(name: str, raster: "DatasetReader") -> None:
    if raster.crs is None:
        raise WrongRaster(f"{name} names no projection, so nobody knows where its cells are; expected one with its CRS")
    if raster.count != 1:
        raise WrongRaster(f"{name} has {raster.count} bands; expected one, with the people of each cell")


def _inhabited(name: str, raster: "DatasetReader", box: Box, most: int) -> Table:
    found, count = [np.empty((0, 3))], 0
    for strip in _strips(name, raster, box):
        cells = _cells(name, raster, strip)
        west, south, east, north = box
        lon, lat = cells[:, 0], cells[:, 1]
        cells = cells[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)]
        count += len(cells)
        if count > most:
            raise WrongRaster(f"{name} has over {most} inhabited cells within the city; expected coarser ones (100 m)")
        found.append(cells)
    return np.concatenate(found)


def _strips(name: str, raster: "DatasetReader", box: Box) -> Iterator[Any]:
    """Windows that together cover the box, of few cells each."""
    from rasterio.warp import transform  # noqa: PLC0415
    from rasterio.windows import Window  # noqa: PLC0415

    xs, ys = transform(WGS84, raster.crs, *_edge(box))
    columns, rows = _moved(~raster.transform, np.array(xs), np.array(ys))
    if not (np.isfinite(columns).all() and np.isfinite(rows).all()):
        raise WrongRaster(f"{name}: its projection {raster.crs} cannot show this city; expected a grid of it")
    left, top = max(0, int(np.floor(columns.min()))), max(0, int(np.floor(rows.min())))
    right, bottom = min(raster.width, int(np.ceil(columns.max()))), min(raster.height, int(np.ceil(rows.max())))
    if right <= left or bottom <= top:
        west, south, east, north = box
        raise WrongRaster(
            f"{name} does not cover the city, which lies from {west:.3f}, {south:.3f} to {east:.3f}, {north:.3f} "
            "(lon, lat); expected a grid of it"
        )
    if (right - left) * (bottom - top) > MOST_READ:
        raise WrongRaster(f"{name} has over {MOST_READ:,} cells within the city's box; expected coarser ones (100 m)")
    high = max(1, CELLS_AT_ONCE // (right - left))
    for row in range(top, bottom, high):
        yield Window(left, row, right - left, min(high, bottom - row))


def _edge(box: Box) -> tuple[list[float], list[float]]:
    """Points all around the box, lon and lat."""
    west, south, east, north = box
    lon, lat = np.linspace(west, east, EDGE_POINTS), np.linspace(south, north, EDGE_POINTS)
    around_lon = [*lon, *lon, *np.full(EDGE_POINTS, west), *np.full(EDGE_POINTS, east)]
    around_lat = [*np.full(EDGE_POINTS, south), *np.full(EDGE_POINTS, north), *lat, *lat]
    return [float(x) for x in around_lon], [float(y) for y in around_lat]


def _cells(name: str, raster: "DatasetReader", window: Any) -> Table:
    """(n, 3) of the inhabited cells of a window."""
    from rasterio.warp import transform  # noqa: PLC0415

    band = raster.read(1, window=window, masked=True)
    people = np.asarray(band.filled(0), dtype=np.float64)
    people[np.ma.getmaskarray(band) | np.isnan(people)] = 0
    if (people < 0).any() or np.isinf(people).any():
        wrong = people[(people < 0) | np.isinf(people)][0]
        nodata = "none" if raster.nodata is None else f"{raster.nodata:g}"
        raise WrongRaster(
            f"{name} has a cell of {wrong:g} people, and its value for no data is {nodata}; expected people, 0 or more "
            "(gdal_edit.py -a_nodata names the value)"
        )
    rows, columns = np.nonzero(people)
    if not len(rows):
        return np.empty((0, 3))
    xs, ys = _moved(raster.transform, columns + window.col_off + 0.5, rows + window.row_off + 0.5)
    lon, lat = transform(raster.crs, WGS84, xs, ys)
    return np.column_stack([lon, lat, people[rows, columns]])


def _moved(by: "Affine", x: Table, y: Table) -> tuple[Table, Table]:
    """Written out: which operator the library means by it changes from release to release."""
    return by.a * x + by.b * y + by.c, by.d * x + by.e * y + by.f
