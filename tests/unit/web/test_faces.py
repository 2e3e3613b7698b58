"""Faces stand alone: what a page is made of lies in its own folder, or in what all share."""

import re
import tomllib

import pytest

from services.web.rendering import assets
from services.web.rendering.catalogue import read_texts

WEB = assets.WEB
ROOT = WEB.parents[1]
SHARED = {"requests", "ground", "figures", "entry", "rendering"}  # rooms that all faces use: none has an address
FACES = sorted({folder.parent.name for folder in WEB.glob("*/__init__.py")} - SHARED)
WITH_PAGES = sorted({page.parent.name for page in WEB.glob("*/*.html")} & set(FACES))
CALLED = re.compile(r"""\b(?:t|t\.html|t\.has|texts)\(\s*\(?["']([a-z0-9_.]+)["']""")
BRANCH = re.compile(r"""\bt\('[a-z0-9_.]+' if [^)]* else '([a-z0-9_.]+)'""")
TEMPLATE = re.compile(r"""(?:extends|import|include) "([^"]+)"|render\(\s*request,\s*"([^"]+)\"""")
STATIC = re.compile(r"""static\('([^']+)'\)""")
IMPORTED = re.compile(r"""(?:from|import\() ?"(\.[^"]+)\"""")


def _keys(face: str) -> set[str]:
    files = [WEB / face / "fr.toml", WEB / "texts" / "fr.toml"]
    return {key for file in files if file.is_file() for key in read_texts(file)}


def _sources(face: str, *endings: str) -> str:
    files = [path for ending in endings for path in sorted((WEB / face).rglob(f"*.{ending}"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_folder_with_code_is_a_face_of_the_contract() -> None:
    """The contract names its modules one by one: a face that it forgot could import any other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    independent = next(c["modules"] for c in contracts if c["type"] == "independence")
    assert independent == [f"services.web.{face}" for face in FACES]


def test_a_room_that_all_use_has_no_page_and_stands_below_the_faces() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c["name"] == "What faces share knows no face")
    below = {room for layer in layers[3:] for room in layer.split(" | ")}
    assert below == {f"services.web.{room}" for room in SHARED}
    assert [
        path for room in SHARED for path in (WEB / room).rglob("*") if path.suffix in {".html", ".css", ".js"}
    ] == []


@pytest.mark.parametrize("face", ["templates", *WITH_PAGES])
def test_page_speaks_its_own_words_or_those_of_all(face: str) -> None:
    """A word changed for one page must not change another's."""
    sources = _sources(face, "html", "py")
    used = set(CALLED.findall(sources)) | set(BRANCH.findall(sources))
    known = _keys(face)
    assert used
    # A key that ends open ("driver.was_") is finished by a value: something has to begin so.
    assert {key for key in used if not any(k == key or (key[-1] in "._" and k.startswith(key)) for k in known)} == set()


@pytest.mark.parametrize("face", WITH_PAGES)
def test_page_is_made_of_its_own_parts_or_those_of_all(face: str) -> None:
    """A template, script or style sheet of another face would tie the two together past the import contract."""
    found = [name for pair in TEMPLATE.findall(_sources(face, "html", "py")) for name in pair if name]
    files = STATIC.findall(_sources(face, "html"))
    assert found
    assert files or face == "login"
    foreign = [name for name in found + files if "/" in name and name.split("/")[0] not in {face, "vendor"}]
    assert foreign == []


@pytest.mark.parametrize("face", WITH_PAGES)
def test_scripts_import_their_own_or_what_all_share(face: str) -> None:
    """`./x.js` stands beside, `../x.js` is shared, `../vendor/x` a package; `../other/x.js` would be another face's."""
    allowed = re.compile(r"\./[a-z_]+\.js|\.\./([a-z_]+\.js|vendor/[a-z.-]+)")
    assert [name for name in IMPORTED.findall(_sources(face, "js")) if not allowed.fullmatch(name)] == []


def test_no_text_stands_in_two_files() -> None:
    """The later file would silently win."""
    keys = [key for file in WEB.glob("*/fr.toml") for key in read_texts(file)]
    assert sorted(keys) == sorted(set(keys))
