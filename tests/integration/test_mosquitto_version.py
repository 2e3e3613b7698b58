"""The journal runs in a Mosquitto with which it was tried, and in no other."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.mosquitto.build import build_plugin
from tests.support.production_mqtt import needs

FAKE = Path(__file__).parents[1] / "support" / "fake_mosquitto.c"
INVALID = 3
"""MOSQ_ERR_INVAL: with it a plugin ends the start of its broker."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The plugin, and a broker that says it is of any version."""
    gcc = needs("gcc", "apt install gcc libc6-dev mosquitto-dev")
    folder = tmp_path_factory.mktemp("versions")
    plugin, broker = folder / "tournee_journal.so", folder / "fake_mosquitto"
    build_plugin(plugin)
    subprocess.run([gcc, "-Wall", "-Wextra", "-Werror", "-rdynamic", FAKE, "-o", broker, "-ldl"], check=True)
    return plugin, broker


def load(programs: tuple[Path, Path], says: str, folder: Path) -> tuple[int, str]:
    """How a broker that says this of itself ends, and what it logs."""
    plugin, broker = programs
    ended = subprocess.run(
        [broker, plugin, folder / "journal", folder / "mosquitto.db"],
        env=os.environ | {"FAKE_VERSION": says}, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("version", ["2.0.11", "2.0.21", "2.0.22", "2.0.18-rc1"])
def test_a_mosquitto_of_the_tried_line_is_taken(programs: tuple[Path, Path], version: str, tmp_path: Path) -> None:
    """2.0 changes nothing any more but faults."""
    assert load(programs, f"mosquitto version {version}", tmp_path) == (0, "")
    assert (tmp_path / "journal").is_dir()


@pytest.mark.parametrize("version", ["2.1.0", "2.1.2", "2.10.0", "2.00.1", "3.0.0", "1.6.15", "2.0.", "2.0.x", "2"])
def test_another_mosquitto_is_refused_with_what_is_expected(
    programs: tuple[Path, Path], version: str, tmp_path: Path
) -> None:
    """What it saves and hands out differently is not known: better no start than acknowledged messages lost."""
    status, said = load(programs, f"mosquitto version {version}", tmp_path)
    assert status == INVALID
    assert f"this is 'mosquitto version {version}'; expected is Mosquitto 2.0" in said
    assert not (tmp_path / "journal").exists()


@pytest.mark.parametrize("says", ["", "\n", "mosquitto", "x" * 5000])
def test_a_broker_that_does_not_tell_is_refused(programs: tuple[Path, Path], says: str, tmp_path: Path) -> None:
    """Not knowing is no yes."""
    status, said = load(programs, says, tmp_path)
    assert status == INVALID
    assert "expected is" in said
