"""A folder may come from anywhere: what is no plain file is refused, and what the eye cannot see is told."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.findings import WrongFile
from services.city.folder import read_folder
from services.city.letters import name_doubts, unseen
from services.city.points import read_points

type Edit = Callable[[str, str, str], None]

FILES = ("city.toml", "zones.geojson", "containers.csv", "baseline.csv", "basemap.geojson", "roads.osm.pbf")
LINK = "this is a link: put the file itself into the folder"
SPECIAL = "this is no file of data (a FIFO, a socket or a device)"


def told(folder: Path) -> list[str]:
    return [str(error) for error in read_folder(folder).errors]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", FILES)
def test_a_fifo_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert told(folder) == [f"{name}: {SPECIAL}"]


def test_a_socket_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "depots.csv").unlink()
    monkeypatch.chdir(folder)  # the path of a socket may have 107 letters at most
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("depots.csv")
        assert told(folder) == [f"depots.csv: {SPECIAL}"]


@pytest.mark.parametrize("target", ["right", "nowhere"])
@pytest.mark.parametrize("name", FILES)
def test_a_link_is_refused_wherever_it_leads(folder: Path, tmp_path: Path, name: str, target: str) -> None:
    """A folder from a stranger must not show what lies elsewhere on this machine."""
    aside = tmp_path / name
    if (folder / name).exists():
        (folder / name).rename(aside)
    (folder / name).symlink_to(aside if target == "right" else tmp_path / "nowhere")
    assert told(folder) == [f"{name}: {LINK}"]


@pytest.mark.timeout(20)
def test_a_list_that_the_user_names_may_be_a_link_but_no_fifo(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("name,lon,lat,litres\nA,2.44,6.37,1100\n", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(path)
    assert len(read_points(tmp_path / "link.csv").points) == 1
    os.mkfifo(tmp_path / "fifo.csv")
    with pytest.raises(WrongFile, match="FIFO"):
        read_points(tmp_path / "fifo.csv")


UNSEEN_IN_ID = [
    ("HOU\u200b-002", "U+200B ZERO WIDTH SPACE"),
    ("HOU\u202e-002", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ("HOU\u00ad-002", "U+00AD SOFT HYPHEN"),
    ("HOU-0\u00a002", "U+00A0 NO-BREAK SPACE"),
]


@pytest.mark.parametrize(("wrong", "letter"), UNSEEN_IN_ID)
def test_an_id_with_a_letter_that_cannot_be_seen_is_told_which(
    folder: Path, edit: Edit, wrong: str, letter: str
) -> None:
    edit("containers.csv", "HOU-002", wrong)
    error = told(folder)[0]
    assert error.startswith("containers.csv line 3, column id")
    assert error.endswith(f" (it holds {letter})")
    assert error.isprintable()


def test_names_with_letters_that_cannot_be_seen_are_warned_of(folder: Path, edit: Edit) -> None:
    edit("containers.csv", "Mairie", "Mai\u202erie")
    edit("depots.csv", "Parc de la mairie", "Parc\u200b de la mairie")
    edit("zones.geojson", '"Sè"', '"\u2066Sè"')
    edit("city.toml", 'name = "Houéyogbé"', 'name = "Houéyogbé\u200e"')
    reading = read_folder(folder)
    assert reading.errors == ()
    assert [str(warning) for warning in reading.warnings] == [
        'city.toml, key name: "Houéyogbé\ufffd" — holds U+200E LEFT-TO-RIGHT MARK, which cannot be seen',
        'zones.geojson, feature 2, name: "\ufffdSè" — holds U+2066 LEFT-TO-RIGHT ISOLATE, which cannot be seen',
        'containers.csv line 3, column name: "Mai\ufffdrie" — holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be '
        "seen",
        'depots.csv line 2, column name: "Parc\ufffd de la mairie" — holds U+200B ZERO WIDTH SPACE, which cannot be '
        "seen",
    ]


@pytest.mark.parametrize(
    "name", ["سوق باب الزوار", "شهرک‌های جدید", "Marché\u00a0: entrée", "Gbɛ̀tɔ́", "«MARCHÉ»", "SÃO JOÃO", "北京路"]
)
def test_names_of_any_language_are_no_matter(name: str) -> None:
    """Arabic runs from right to left by itself; Persian joins and parts its letters by signs of no width."""
    assert name_doubts(name) == {}


MISREAD = [
    ("MarchÃ© de Dantokpa", "Marché de Dantokpa"),
    ("CollÃ¨ge général", "Collège général"),  # misread and typed in one name
    ("Ã\x81lamo", "Álamo"),
    ("rue de lâ€™Ã©glise", "rue de l\u2019église"),
    ("Ø³ÙˆÙ‚", "سوق"),
]


@pytest.mark.parametrize(("name", "meant"), MISREAD)
def test_a_name_that_was_once_read_in_a_wrong_encoding_is_told(name: str, meant: str) -> None:
    assert f'was "{meant}" meant?' in "".join(name_doubts(name).values())


def test_a_lost_letter_is_told() -> None:
    assert "a letter was lost" in "".join(name_doubts("Ecole V\ufffdronique").values())


def test_a_single_joiner_after_a_latin_letter_is_unseen() -> None:
    assert unseen("a\u200db") == "U+200D ZERO WIDTH JOINER"
    assert unseen("ab\u200c") == "U+200C ZERO WIDTH NON-JOINER"
