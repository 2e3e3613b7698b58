"""What `make compose-test` runs docker-compose.yml on fits what it stands in for; no engine is needed to see it."""

import re
import subprocess
from pathlib import Path

import pytest

from infra.stack.errors import ServerMissing
from tests.compose.engine import running_engine
from tests.compose.installed import SERVERS, SERVICES
from tests.compose.neighbour import listening_ports
from tests.compose.releases import BEFORE, HERE, ROOT
from tests.compose.stand_ins import MISSING, NAMES, OURS, RECIPES, image_here, on_stand_ins
from tests.unit.compose.composition import ONCE, Composition

DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()


@pytest.fixture(scope="module")
def composition() -> Composition:
    return Composition.read()


def test_every_image_has_a_stand_in_or_is_named_missing(composition: Composition) -> None:
    """A new image in docker-compose.yml or a Dockerfile is noticed here, and not after ten minutes of building."""
    images = {name: image_here(service["image"], HERE) for name, service in composition.services.items()}
    assert {name for name, image in images.items() if image is None} == {"grafana"}
    assert {images["writer"], images["mqtt"]} == {"tournee:here", "tournee-mqtt:here"}
    for dockerfile in OURS.values():
        bases = re.findall(r"^FROM (\S+)", on_stand_ins((ROOT / dockerfile).read_text()), re.MULTILINE)
        assert all((RECIPES / base.partition("/")[2]).is_dir() for base in bases)
    with pytest.raises(KeyError):
        image_here("redis:8.2.1", HERE)


def test_the_document_says_what_each_stand_in_does_not_prove() -> None:
    table = DOCUMENT.partition("| image | what stands in")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([a-z/-]+)`", table))
    assert {*NAMES, *MISSING} <= told


def test_stories_know_every_service_that_always_runs(composition: Composition) -> None:
    always = {name for name, service in composition.services.items() if "profiles" not in service}
    assert {*SERVERS, *SERVICES} == always - ONCE


def test_a_checkout_changes_release_and_leaves_what_is_the_machines_own(tmp_path: Path) -> None:
    """As `git checkout` does: no file of the other release stays, and no secret goes."""
    if not BEFORE.is_here:
        pytest.skip("needs the history of this repository")
    HERE.check_out(tmp_path)
    (tmp_path / ".env").write_text("secret\n")
    assert (tmp_path / "infra/compose/store/120_accounts.sh").exists()
    BEFORE.check_out(tmp_path, instead_of=HERE)
    assert not (tmp_path / "infra/compose/store/120_accounts.sh").exists()
    assert (tmp_path / "docker-compose.yml").read_bytes() == subprocess.check_output(
        ["git", "show", f"{BEFORE.commit}:docker-compose.yml"], cwd=ROOT
    )
    assert (tmp_path / ".env").exists()


def test_where_no_engine_may_run_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories are skipped with it."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ServerMissing, match="wants root"), running_engine():
        pass
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ServerMissing, match=r"dockerd is not here: apt install docker\.io"), running_engine():
        pass


def test_listening_ports_are_those_that_others_can_connect_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one socket each on 0.0.0.0:8080, 127.0.0.1:9000, [::]:1883 and a connection on port 443."""
    folder = tmp_path / "proc" / "1" / "net"
    folder.mkdir(parents=True)
    (folder / "tcp").write_text(
        "  sl  local_address rem_address   st\n"
        "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000\n"
        "   1: 0100007F:2328 00000000:0000 0A 00000000:00000000\n"
        "   2: 020012AC:01BB 030012AC:9C40 01 00000000:00000000\n"
    )
    (folder / "tcp6").write_text(
        "   0: 00000000000000000000000000000000:075B 00000000000000000000000000000000:0000 0A 00000000\n"
        "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000\n"
    )
    monkeypatch.setattr("tests.compose.neighbour.PROC", tmp_path / "proc")
    assert listening_ports(1) == {8080, 1883}
