"""What a page takes as a city folder: the files of one, bounded, and nothing that bursts or leads out."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.city.folder import read_folder
from services.web.registry import uploads
from services.web.registry.uploads import Upload, UploadRefused, unpack
from tests.support.example_town import EXAMPLE, example_town


def zipped(files: Mapping[str, bytes]) -> Upload:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return Upload("ville.zip", packed)


def example_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in EXAMPLE.iterdir() if path.is_file()}


def test_whole_folder_in_a_zip_is_read_as_the_folder_is(tmp_path: Path) -> None:
    """Also where the zip holds it in a folder of its own, as most programs pack."""
    given = zipped({f"Houéyogbé/{name}": content for name, content in example_files().items()})
    unpacked = unpack(example_town(), [given], tmp_path)
    assert set(unpacked.taken) >= {"city.toml", "containers.csv", "zones.geojson"}
    assert read_folder(tmp_path).registry == example_town()


def test_what_is_not_given_stays_as_it_is(tmp_path: Path) -> None:
    table = (EXAMPLE / "containers.csv").read_bytes().replace(b",6000,", b",6001,")
    unpacked = unpack(example_town(), [Upload("C:\\Bureau\\Containers.CSV", io.BytesIO(table))], tmp_path)
    assert unpacked.taken == ("containers.csv",)
    reading = read_folder(tmp_path)
    assert reading.registry is not None
    assert reading.registry.trucks == example_town().trucks
    assert any(container.capacity_l == 6001 for container in reading.registry.containers)


def test_what_belongs_to_no_folder_is_passed_over_and_named(tmp_path: Path) -> None:
    given = zipped({"lisez-moi.txt": b"x", "../../etc/passwd": b"x", "../trucks.csv": b"id\n", "roads.osm.pbf": b"x"})
    unpacked = unpack(example_town(), [given], tmp_path / "within")
    assert unpacked.taken == ("trucks.csv",)
    assert unpacked.passed_over == ("lisez-moi.txt", "../../etc/passwd", "roads.osm.pbf")
    assert [path.name for path in tmp_path.iterdir()] == ["within"]


def test_bomb_is_refused_before_it_has_burst(tmp_path: Path) -> None:
    """A table of 50 MB of zeros packs into 50 kB: 1000 to 1."""
    with pytest.raises(UploadRefused) as refused:
        unpack(example_town(), [zipped({"containers.csv": b"0" * 50_000_000})], tmp_path)
    assert refused.value.code == "bomb"
    assert (tmp_path / "containers.csv").stat().st_size < 25_000_000


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"photo.jpg": b"x"}, "nothing"),
        ({f"{n}.txt": b"" for n in range(uploads.MOST_FILES + 1)}, "too_many_files"),
        ({"a/trucks.csv": b"id\n", "b/trucks.csv": b"id\n"}, "twice"),
    ],
)
def test_zip_that_is_no_folder_is_refused(tmp_path: Path, files: dict[str, bytes], code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        unpack(example_town(), [zipped(files)], tmp_path)
    assert refused.value.code == code


def test_broken_and_oversized_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = zipped(example_files()).file.read() or zipped(example_files()).file.getvalue()  # type: ignore[attr-defined]
    cut = Upload("ville.zip", io.BytesIO(whole[:200] + whole[400:]))
    with pytest.raises(UploadRefused) as refused:
        unpack(example_town(), [cut], tmp_path)
    assert refused.value.code == "broken_zip"
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    with pytest.raises(UploadRefused) as refused:
        unpack(example_town(), [Upload("trucks.csv", io.BytesIO(b"x" * 101))], tmp_path)
    assert refused.value.code == "too_large"
