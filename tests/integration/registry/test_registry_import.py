"""A folder or a table over the web: shown with what it changes, taken whole or not at all."""

import io
import re
import time
import zipfile

import pytest

from services.city.versions import list_versions
from services.contracts import topics
from services.contracts.registry import ChangeRegistry
from services.store.connection import connect
from services.web.registry import changing
from services.web.requests import security
from tests.support.example_town import EXAMPLE, example_town
from tests.support.registry_town import CITY, Office, new_id, stored
from tests.support.stored_reports import StoringStream


def zipped(**files: bytes) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in EXAMPLE.iterdir():
            if path.is_file():
                archive.writestr(f"ville/{path.name}", files.get(path.name, path.read_bytes()))
    return "ville.zip", packed.getvalue()


def changed_containers() -> bytes:
    """One gone, one larger, one new."""
    lines = (EXAMPLE / "containers.csv").read_text(encoding="utf-8").splitlines()
    used = {stop.container for stop in example_town().baseline}
    assert {line.split(",")[0] for line in lines[1:]} == used, "each is on a fixed circuit: none can go"
    lines[1] = lines[1].replace(",6000,", ",7000,")
    return "\n".join([*lines, lines[2].replace("HOU-002", "HOU-900")]).encode()


def test_folder_is_shown_with_its_changes_and_what_they_do_to_tomorrow_before_it_is_taken(
    awa: Office, database_url: str, stream: StoringStream
) -> None:
    _, before = stored(database_url)
    address = awa.give(zipped(**{"containers.csv": changed_containers()}))
    page = awa.client.get(address).text
    assert "HOU-900" in page
    assert "HOU-001 (capacity_l)" in page
    assert "Bacs à vider demain" in page
    assert "estimé" in page
    town = example_town()
    assert re.search(rf">{len(town.containers)}</td><td class=\"n\">{len(town.containers) + 1}</td>", page)
    assert stored(database_url)[1] == before
    assert stream.sent == []
    awa.act(address, "take", "Recensement de mars")
    page = awa.settled(address)
    assert f"version {before + 1}" in page
    registry, version = stored(database_url)
    assert version == before + 1
    assert len(registry.containers) == len(town.containers) + 1
    with connect(database_url, name="test") as connection:
        assert list_versions(connection, CITY)[-1].reason == "Recensement de mars"
    awa.act(address, "take")
    assert stored(database_url)[1] == before + 1


def test_single_table_is_taken_and_the_rest_stays(awa: Office, database_url: str) -> None:
    address = awa.give(("containers.csv", changed_containers()))
    awa.act(address, "take")
    awa.settled(address)
    registry, _ = stored(database_url)
    assert registry.containers[0].capacity_l == 7000
    assert registry.trucks == example_town().trucks


def test_wrong_folder_says_where_what_and_what_is_expected_and_changes_nothing(
    awa: Office, database_url: str, stream: StoringStream
) -> None:
    _, before = stored(database_url)
    broken = (EXAMPLE / "trucks.csv").read_bytes().replace(b"compacteur", b"avion")
    page = awa.client.get(awa.give(("trucks.csv", broken))).text
    assert "trucks.csv" in page
    assert "ligne 2" in page
    assert "avion" in page
    assert "Ce numéro n'est pas dans truck_classes.csv" in page.replace("&#39;", "'")
    assert "Prendre ce dossier" not in page
    other = (EXAMPLE / "city.toml").read_bytes().replace(b'id = "houeyogbe"', b'id = "ailleurs"')
    assert "Ce dossier est celui de" in awa.client.get(awa.give(("city.toml", other))).text
    assert stored(database_url)[1] == before
    assert stream.sent == []


def test_bomb_is_refused_with_its_reason(awa: Office) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("containers.csv", b"0" * 30_000_000)
    page = awa.client.get(awa.give(("ville.zip", packed.getvalue()))).text
    assert "se décompresse sans fin" in page


def test_upload_beyond_the_bound_is_refused_unread(awa: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other page takes as much as this one."""
    large = {"files": ("containers.csv", b"x" * 1_100_000)}
    assert awa.client.post("/registre/bacs", files=large).status_code == 413
    monkeypatch.setattr(security, "MAX_FOLDER_BODY_BYTES", 1_000_000)
    assert awa.client.post("/registre/importer", files=large).status_code == 413


def test_folder_that_says_the_same_has_nothing_to_take(awa: Office) -> None:
    page = awa.client.get(awa.give(zipped())).text
    assert "rien à prendre" in page
    assert "Prendre ce dossier" not in page


def test_folder_that_was_overtaken_is_not_taken(awa: Office, kossi: Office, database_url: str) -> None:
    """Somebody saved a row between the look and the word: what was shown is not what would happen."""
    address = awa.give(("containers.csv", changed_containers()))
    assert kossi.save("bacs", kossi.form("/registre/bacs/HOU-003"), **{"c.name": "Autre"}).status_code == 303
    _, before = stored(database_url)
    awa.act(address, "take")
    assert "contrôlez-le encore" in awa.settled(address)
    assert stored(database_url)[1] == before


def test_folder_that_is_left_aside_is_gone(awa: Office, database_url: str) -> None:
    _, before = stored(database_url)
    address = awa.give(("containers.csv", changed_containers()))
    awa.act(address, "cancel")
    assert "Laissé de côté" in awa.settled(address)
    awa.act(address, "take")
    assert "Laissé de côté" in awa.settled(address)
    assert stored(database_url)[1] == before


def test_import_of_somebody_elses_city_is_not_found(awa: Office) -> None:
    assert awa.client.get(f"/registre/importer/{new_id()}").status_code == 404


def test_large_folder_goes_in_parts_and_is_a_version_with_the_last(
    awa: Office, database_url: str, stream: StoringStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All or nothing: without its last part nothing of it counts, and parts may come twice and in any order."""
    monkeypatch.setattr(changing.parts_of, "__defaults__", (10,))
    _, before = stored(database_url)
    stream.is_late = True
    address = awa.give(("containers.csv", changed_containers()))
    awa.act(address, "take")
    deadline_s = time.monotonic() + 20
    while len(stream.sent) < 2 and time.monotonic() < deadline_s:
        awa.client.get(address)
    values = [value for topic, _, value in stream.sent if topic == topics.REGISTRY]
    assert ChangeRegistry.model_validate_json(values[0]).parts == len(values) == 2
    stream.is_late = False
    for value in [*reversed(values[1:]), *values[1:]]:
        stream.send(topics.REGISTRY, CITY.encode(), value)
    assert stored(database_url)[1] == before
    stream.send(topics.REGISTRY, CITY.encode(), values[0])
    assert stored(database_url)[1] == before + 1
    stream.send(topics.REGISTRY, CITY.encode(), values[0])
    assert stored(database_url)[1] == before + 1
    assert "version" in awa.settled(address)
