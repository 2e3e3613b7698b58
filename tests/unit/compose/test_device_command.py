"""`tournee device`: the password file it keeps, and what it refuses."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from infra.stack.ports import free_port
from services.cli.device import device_app
from services.errors import BrokerAway
from services.stream.mqtt_passwords import MqttPasswords, PasswordsRefused, changing, hash_password, matches
from tests.support.production_mqtt import needs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "devices.passwd"


def device(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(device_app, [arguments[0], "--file", str(file), *arguments[1:]])


def test_password_is_shown_once_and_kept_only_as_a_hash(file: Path) -> None:
    """Who reads the file later learns no password; who reads standard output gets nothing but the password."""
    answer = device(file, "add", "cotonou", "containers", "C-001")
    header, row = answer.stdout.splitlines()
    name, username, password = row.split(",")
    assert (header, name, username) == ("id,username,password", "C-001", "cotonou/containers/C-001")
    assert len(password) >= 24
    assert password not in file.read_text()
    assert matches(file.read_text().strip().partition(":")[2], password)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "docker compose exec mqtt kill -HUP 1" in answer.stderr


def test_hash_is_the_one_that_mosquitto_passwd_makes(file: Path) -> None:
    """The format is Mosquitto's own: its tool's hashes verify here (ours there: tests/integration/test_devices.py)."""
    tool = needs("mosquitto_passwd", "apt install mosquitto")
    subprocess.run([tool, "-b", "-c", file, "someone", "a password of theirs"], check=True)
    theirs = file.read_text().strip().partition(":")[2]
    assert matches(theirs, "a password of theirs")
    assert not matches(theirs, "another password")
    assert [len(part) for part in theirs.split("$")] == [len(part) for part in hash_password("x").split("$")]


def test_second_password_needs_to_be_asked_for(file: Path) -> None:
    """A typing error must not lock out a device that works."""
    device(file, "add", "cotonou", "trucks", "T1")
    before = file.read_text()
    refused = device(file, "add", "cotonou", "trucks", "T1")
    assert refused.exit_code != 0
    assert "--renew" in refused.output
    assert file.read_text() == before
    assert device(file, "add", "cotonou", "trucks", "T1", "--renew").exit_code == 0
    assert file.read_text() != before


@pytest.mark.parametrize(
    ("city", "name"),
    [("+", "A"), ("#", "A"), ("cotonou", "+"), ("cotonou", "#"), ("cotonou", "A/B"), ("cotonou", "A:B"), ("c", "A\nb")],
)
def test_names_that_would_open_others_topics_are_refused(file: Path, city: str, name: str) -> None:
    """A name becomes part of a topic pattern: wildcards, slashes and line ends must not get in."""
    refused = device(file, "add", city, "containers", name)
    assert refused.exit_code == 2
    assert not file.exists() or file.read_text() == ""


def test_list_shows_devices_and_no_hash(file: Path) -> None:
    """What is listed may be read over a shoulder."""
    device(file, "bridge", "--password", "a-long-enough-bridge-password")
    for city, kind, name in (("cotonou", "containers", "C1"), ("cotonou-2", "trucks", "T1")):
        device(file, "add", city, kind, name)
    assert device(file, "list").stdout.splitlines() == ["cotonou-2/trucks/T1", "cotonou/containers/C1"]
    assert device(file, "list", "cotonou").stdout.splitlines() == ["cotonou/containers/C1"]


def test_revoking_goes_on_as_far_as_it_can_without_the_broker(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is gone for good, and who revokes is told that this is not all."""
    monkeypatch.setenv("TOURNEE_MQTT_PORT", str(free_port()))
    device(file, "add", "cotonou", "trucks", "T1")
    device(file, "add", "cotonou", "trucks", "T2")
    refused = device(file, "revoke", "cotonou", "trucks", "T1")
    assert isinstance(refused.exception, BrokerAway)
    assert f"cotonou/trucks/T1 has no password in {file}, but may go on until Mosquitto is told" in str(
        refused.exception
    )
    assert device(file, "list").stdout == "cotonou/trucks/T2\n"


def test_bridge_password_is_long_and_put_only_once(file: Path) -> None:
    """The bridge reads everything; and a start of the stack must not rewrite what did not change."""
    assert isinstance(device(file, "bridge", "--password", "short").exception, PasswordsRefused)
    device(file, "bridge", "--password", "a-long-enough-bridge-password")
    before = file.read_text()
    assert device(file, "bridge", "--password", "a-long-enough-bridge-password").exit_code == 0
    assert file.read_text() == before


def test_a_file_that_is_not_mosquittos_is_left_alone(file: Path) -> None:
    """Another file named by mistake is not overwritten, and the line at fault is named."""
    file.write_text("bridge:$7$101$c2FsdA==$aGFzaA==\nsomething else\n")
    with pytest.raises(PasswordsRefused, match="line 2"), changing(file):
        pass
    assert "something else" in file.read_text()


def test_an_error_amid_a_change_changes_nothing(file: Path, tmp_path: Path) -> None:
    """Passwords that could not be handed over must not replace those that work."""
    device(file, "add", "cotonou", "trucks", "T1")
    before = file.read_text()
    refused = device(file, "add", "cotonou", "trucks", "T1", "--renew", "--csv", str(tmp_path / "no" / "folder.csv"))
    assert refused.exit_code == 2
    assert file.read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == {"devices.passwd", ".devices.passwd.lock"}


def test_csv_is_a_new_file_of_its_owners_alone(file: Path, tmp_path: Path) -> None:
    """The one place where passwords are written in clear is nobody else's, and replaces nothing."""
    out = tmp_path / "out.csv"
    assert device(file, "add", "cotonou", "trucks", "T1", "--csv", str(out)).stdout == ""
    assert out.stat().st_mode & 0o777 == 0o600
    assert device(file, "add", "cotonou", "trucks", "T2", "--csv", str(out)).exit_code == 2
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["id", "T1"]


def test_changes_at_the_same_time_are_all_kept(file: Path) -> None:
    """Two technicians at once: neither's devices are lost."""

    def add(number: int) -> None:
        with changing(file) as passwords:
            passwords.add(f"cotonou/trucks/T{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert len(MqttPasswords.read(file).usernames()) == 40


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_stays_the_same(file: Path) -> None:
    """On a host without containers root adds devices, and Mosquitto's own user must still read the file."""
    device(file, "add", "cotonou", "trucks", "T1")
    os.chown(file, 1883, 1884)
    device(file, "add", "cotonou", "trucks", "T2")
    assert (file.stat().st_uid, file.stat().st_gid) == (1883, 1884)
