"""What comes from outside: pinned, never committed, and from nowhere in particular."""

import json
from pathlib import Path

from services.web.rendering import assets

WEB = assets.WEB


def test_lock_names_no_place_to_download_from() -> None:
    """The installation asks the machine's own registry, whichever that is."""
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_every_locked_package_is_pinned_by_hash() -> None:
    """Without addresses, the hash alone says that it is the right file."""
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, entry in lock["packages"].items() if name and "integrity" not in entry]


def test_pages_name_no_other_server() -> None:
    """No tracker, no font service, no map service: every address of a page is our own."""
    sources = [path for ending in ("html", "js", "css") for path in WEB.glob(f"*/**/*.{ending}")]
    sources = [path for path in sources if "node_modules" not in path.parts]
    assert {path.suffix for path in sources} == {".html", ".js", ".css"}
    foreign = {path.name for path in sources if "https://" in path.read_text(encoding="utf-8")}
    assert not foreign


def test_missing_packages_are_not_offered(tmp_path: Path) -> None:
    """Without the packages the pages use the system's type and the drawn map, and ask for nothing."""
    bare = assets.Assets(node_modules=tmp_path)
    assert [bare.has_map, bare.has_fonts] == [False, False]
