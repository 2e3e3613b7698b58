"""`tournee device try`: what published and broken messages would become, without storing anything."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import app
from services.settings import settings
from tests.support import published
from tests.support.published import chirpstack, client, ttn

FIELDS = ["door", "device", "kind", "happened_at", "distance_mm", "fill_ratio", "battery_ratio", "alarms", "dropped",
          "rejected"]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("TOURNEE_DATABASE_URL", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def lines(file: Path, *options: str) -> list[dict[str, object]]:
    ran = CliRunner().invoke(app, ["device", "try", str(file), "--json", *options])
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_a_line_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    sent = [chirpstack(), ttn(), client()]
    file.write_text("\n".join(json.dumps(message) for message in sent) + "\n?id=T02&lat=6.37&lon=2.39\n\nbroken\n")
    told = lines(file)
    assert [line["door"] for line in told] == ["chirpstack", "ttn", "traccar-client", "osmand", None]
    assert all(list(line) == FIELDS for line in told)
    assert told[-1]["rejected"] is not None


def test_one_message_over_several_lines_and_a_list_of_them(tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps(chirpstack(), indent=2))
    assert [line["distance_mm"] for line in lines(file)] == [2116]
    file.write_text(json.dumps([published.EM310_OBJECT, published.LDDS75_WITH_UNITS], indent=1))
    assert [line["door"] for line in lines(file)] == ["em310-udl", "ldds75"]
    file.write_text(json.dumps(chirpstack(), indent=2)[:-30])
    assert len(lines(file)) == 1


def test_kind_of_the_container_tells_the_fill(tmp_path: Path, folder: Path) -> None:
    """1300 - 775 = 525 of 1300 - 250 mm: 0.5."""
    kinds = folder / "container_kinds.csv"
    head, first, *rest = kinds.read_text().splitlines()
    rows = [f"{head},mount_mm,blind_mm", f"{first},1300,250", *(f"{row},," for row in rest)]
    kinds.write_text("\n".join(rows) + "\n")
    file = tmp_path / "message.json"
    file.write_text(json.dumps({"battery": 92, "distance": 775, "position": "normal"}))
    (told,) = lines(file, "--kind", first.partition(",")[0], "--folder", str(folder))
    assert (told["fill_ratio"], told["rejected"]) == (0.5, None)
    file.write_text(json.dumps({"battery": 92, "distance": 100, "position": "normal"}))
    (told,) = lines(file, "--kind", first.partition(",")[0], "--folder", str(folder))
    assert (told["distance_mm"], told["fill_ratio"]) == (100, None)
    assert "expected 250 to 1430 mm" in str(told["rejected"])


def test_kind_may_be_the_name_of_a_decoder_where_bytes_do_not_tell(tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps(ttn(decoded_payload=None, f_port=9)))
    assert lines(file)[0]["rejected"] is not None
    assert lines(file, "--kind", "LDDS75")[0]["distance_mm"] == 1200


def test_what_cannot_be_tried_is_told(tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text("{}")
    for options, told in (
        (["--door", "sigfox"], "the doors are chirpstack"),
        (["--kind", "bac-9"], "there is no container kind bac-9"),
    ):
        ran = CliRunner().invoke(app, ["device", "try", str(file), *options])
        assert ran.exit_code == 2
        assert told in " ".join(ran.output.split())
    assert CliRunner().invoke(app, ["device", "try", str(tmp_path / "none.json")]).exit_code == 2


def test_people_read_what_was_left_aside_and_why(tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps(chirpstack(object={"battery": 255, "distance": 900, "position": "normal"})))
    told = CliRunner().invoke(app, ["device", "try", str(file)]).stdout
    assert told.startswith("taken  door chirpstack · device 24e124713c141234")
    assert "distance_mm   900" in told
    assert "dropped   object.battery: 255; expected 0 to 100 %" in told
