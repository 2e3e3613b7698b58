"""Tiles over HTTP: in parts, kept for ever, and nothing but tiles."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from services.roads.basemap.store import MapManifest, MapStore
from services.web.app import make_app
from services.web.ground.basemaps import Basemaps
from services.web.requests.deps import Deps
from tests.support.web_server import SECRET, SetClock
from tests.twins.stream import MemoryStream

NOW = datetime(2026, 3, 3, tzinfo=UTC)
KEY = "0123456789abcdef"
ADDRESS = f"/map/ville/{KEY}.pmtiles"
TILES = bytes(range(256)) * 40  # 10,240 bytes


class NoStore:
    """Tiles ask nothing of the database."""

    def connection(self) -> None:
        raise AssertionError("a request for tiles opened the store")


@pytest.fixture
def app(tmp_path: Path) -> httpx.ASGITransport:
    store = MapStore(tmp_path, "ville")
    store.folder.mkdir(parents=True)
    store.tiles_file(KEY).write_bytes(TILES)
    store.use(
        MapManifest(city="ville", key=KEY, extract="roads.osm.pbf", sha256="0" * 64, timestamp="", frame=(0, 0, 1, 1),
                    attribution="© OpenStreetMap",
                    built_at=NOW, tiles=True)
    )  # fmt: skip
    deps = Deps(
        store=NoStore(),  # type: ignore[arg-type]
        stream=MemoryStream(),
        clock=SetClock(NOW),
        session_secret=SECRET,
        basemaps=Basemaps(tmp_path),
    )
    return httpx.ASGITransport(make_app(deps))


async def get(app: httpx.ASGITransport, address: str = ADDRESS, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=app, base_url="http://tournee") as client:
        return await client.get(address, headers=named)


def asked(app: httpx.ASGITransport, address: str = ADDRESS, **headers: str) -> httpx.Response:
    # A thread of its own: where browser tests ran before, this one has their loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(get(app, address, **headers))).result()


def test_a_part_of_the_file_comes_as_it_is(app: httpx.ASGITransport) -> None:
    """206 with its place in the file, never compressed: offsets would no longer be those of the file."""
    answer = asked(app, Range="bytes=1000-4999", Accept_Encoding="gzip")
    assert answer.status_code == 206
    assert answer.content == TILES[1000:5000]
    assert answer.headers["content-range"] == "bytes 1000-4999/10240"
    assert "content-encoding" not in answer.headers
    assert answer.headers["accept-ranges"] == "bytes"


def test_browsers_may_keep_it_for_ever(app: httpx.ASGITransport) -> None:
    """The address holds the hash of the map, so it never changes; a browser that asks again hears 304."""
    answer = asked(app, Range="bytes=0-9")
    assert "immutable" in answer.headers["cache-control"]
    assert "max-age=31536000" in answer.headers["cache-control"]
    assert answer.headers["etag"] == f'"{KEY}"'
    assert asked(app, If_None_Match=answer.headers["etag"]).status_code == 304


def test_a_part_of_another_file_is_not_mixed_in(app: httpx.ASGITransport) -> None:
    """If-Range with an older tag gets the whole file, which the reader then begins anew."""
    assert asked(app, Range="bytes=0-9", If_Range=f'"{KEY}"').status_code == 206
    other = asked(app, Range="bytes=0-9", If_Range='"another"')
    assert other.status_code == 200
    assert other.content == TILES


def test_a_part_beyond_the_end_is_refused(app: httpx.ASGITransport) -> None:
    """416 names the file's size."""
    answer = asked(app, Range="bytes=20000-20010")
    assert answer.status_code == 416
    assert "10240" in answer.headers["content-range"]


@pytest.mark.parametrize(
    "address",
    ["/map/ville/ffffffffffffffff.pmtiles", "/map/ville/current.pmtiles", "/map/%2e%2e/0123456789abcdef.pmtiles"],
)
def test_what_is_no_map_is_not_found(app: httpx.ASGITransport, address: str) -> None:
    """Unknown hashes, other files of the folder, and ways out of it."""
    assert asked(app, address).status_code == 404


def test_the_policy_stays_strict(app: httpx.ASGITransport) -> None:
    """Tiles and the map's scripts need nothing that other pages are not allowed."""
    policy = asked(app, Range="bytes=0-9").headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
