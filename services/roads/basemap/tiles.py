"""Vector tiles of a prepared extract, by Debian's tilemaker, as one PMTiles file."""

import gzip
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from services.roads.basemap.errors import TilesFailed
from services.roads.basemap.shores import Frame

HERE = Path(__file__).parent
CONFIG, RULES = HERE / "tiles.json", HERE / "tiles.lua"
PROGRAM = "tilemaker"
INSTALL = "tilemaker is not installed: apt-get install tilemaker (as root), or sh infra/install/map.sh"
LAST_WORDS = 400
DEGREES_E7 = 10_000_000


def find_tilemaker() -> Path | None:
    """The program, or None on a machine without it."""
    found = shutil.which(PROGRAM)
    return Path(found) if found else None


def make_tiles(program: Path, source: Path, frame: Frame, target: Path, attribution: str) -> int:
    """Write `target`, a PMTiles file; tells how many tiles it holds.

    Raises:
        TilesFailed: tilemaker could not; its last words are told.
    """
    mbtiles = target.with_suffix(".mbtiles")
    command = [str(program), "--input", str(source), "--output", str(mbtiles)]
    command += ["--config", str(CONFIG), "--process", str(RULES)]
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=target.parent, check=False)
    if ran.returncode or not mbtiles.exists():
        words = " ".join((ran.stderr or ran.stdout).split())[-LAST_WORDS:]
        raise TilesFailed(f"{source.name}: tilemaker ended with {ran.returncode}: {words}")
    count = pack_tiles(mbtiles, target, frame, attribution)
    mbtiles.unlink()
    return count


def pack_tiles(mbtiles: Path, target: Path, frame: Frame, attribution: str) -> int:
    """One PMTiles file (version 3) of an MBTiles database: any tile in one request for a part of a file.

    Raises:
        TilesFailed: there is no tile in it.
    """
    with closing(sqlite3.connect(mbtiles)) as database:
        rows = database.execute("SELECT zoom_level, tile_column, tile_row, rowid FROM tiles").fetchall()
        # MBTiles counts rows from the south.
        ordered = sorted((zxy_to_tileid(z, x, (1 << z) - 1 - y), rowid) for z, x, y, rowid in rows)
        if not ordered:
            raise TilesFailed(f"{mbtiles.name}: tilemaker made no tile of the extract")
        described = dict(database.execute("SELECT name, value FROM metadata"))
        with target.open("wb") as stream:
            writer: Any = Writer(stream)  # type: ignore[no-untyped-call]
            for tile, rowid in ordered:
                (data,) = database.execute("SELECT tile_data FROM tiles WHERE rowid = ?", (rowid,)).fetchone()
                writer.write_tile(tile, data if data[:2] == b"\x1f\x8b" else gzip.compress(data, mtime=0))
            writer.finalize(_header(frame), _metadata(described, attribution))
    return len(ordered)


def _header(frame: Frame) -> dict[str, Any]:
    west, south, east, north = frame
    corners = {"min_lon": west, "min_lat": south, "max_lon": east, "max_lat": north}
    corners |= {"center_lon": (west + east) / 2, "center_lat": (south + north) / 2}
    places = {f"{name}_e7": round(degrees * DEGREES_E7) for name, degrees in corners.items()}
    return {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "center_zoom": 12, **places}


def _metadata(described: dict[str, str], attribution: str) -> dict[str, Any]:
    layers = json.loads(described.get("json") or "{}").get("vector_layers", [])
    return {"name": described.get("name", ""), "attribution": attribution, "vector_layers": layers}
