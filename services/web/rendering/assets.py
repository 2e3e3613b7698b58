"""Static files under one address that changes whenever any of them does, so that browsers may keep them for ever."""

import hashlib
import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from services.web.rendering.problems import NotFound

WEB = Path(__file__).parent.parent
SHARED = "static"
NODE_MODULES = WEB / "node_modules"

# The only files of installed packages that browsers may ask for, by the name the pages use.
VENDOR = {
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-shared.mjs": "maplibre-gl/dist/maplibre-gl-shared.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "pmtiles.js": "pmtiles/dist/pmtiles.js",
    "atkinson-400.woff2": "@fontsource/atkinson-hyperlegible/files/atkinson-hyperlegible-latin-400-normal.woff2",
    "atkinson-700.woff2": "@fontsource/atkinson-hyperlegible/files/atkinson-hyperlegible-latin-700-normal.woff2",
}
PACKAGES = ("maplibre-gl", "pmtiles", "@fontsource/atkinson-hyperlegible")
FOR_EVER = "public, max-age=31536000, immutable"

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class Assets:
    """The files that pages load, read from their folders once at the start.

    Of `static/` by their name, of a face's own `static/` by its folder and their name: `base.css`, `driver/app.js`.
    """

    def __init__(self, node_modules: Path = NODE_MODULES) -> None:
        self._files = dict(_files_under(WEB / SHARED, ""))
        for own in sorted(WEB.glob(f"*/{SHARED}")):
            if own.parent != NODE_MODULES:
                self._files |= _files_under(own, f"{own.parent.name}/")
        vendored = {f"vendor/{name}": node_modules / path for name, path in VENDOR.items()}
        self._files |= {name: path for name, path in vendored.items() if path.is_file()}
        self.build = self._fingerprint(node_modules)

    def _fingerprint(self, node_modules: Path) -> str:
        digest = hashlib.sha256()
        for name, path in self._files.items():
            digest.update(name.encode())
            if not name.startswith("vendor/"):
                digest.update(path.read_bytes())
        for package in PACKAGES:
            described = node_modules / package / "package.json"
            if described.is_file():
                digest.update(json.loads(described.read_text(encoding="utf-8"))["version"].encode())
        return digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        return f"/static/{self.build}/{name}"

    def has(self, *names: str) -> bool:
        return all(name in self._files for name in names)

    def read(self, name: str) -> str:
        return self._files[name].read_text(encoding="utf-8")

    @property
    def has_fonts(self) -> bool:
        return self.has("vendor/atkinson-400.woff2", "vendor/atkinson-700.woff2")

    @property
    def has_map(self) -> bool:
        return self.has("vendor/maplibre-gl.mjs", "vendor/maplibre-gl-worker.mjs", "vendor/maplibre-gl.css")

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)

        @router.get("/static/{build}/{name:path}")
        def static_file(build: str, name: str) -> Response:
            path = self._files.get(name)
            if path is None:
                raise NotFound
            # A page of an older build still gets a file, but nobody keeps it under the old address.
            kept = FOR_EVER if build == self.build else "no-cache"
            return FileResponse(path, headers={"Cache-Control": kept})

        return router


def _files_under(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{prefix}{path.relative_to(folder).as_posix()}", path
