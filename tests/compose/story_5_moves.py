"""A city goes to another machine."""

import shutil

import pytest

from tests.compose.installed import Installed, eventually
from tests.compose.releases import HERE
from tests.compose.tls_device import LEFT_OPEN, TlsDevice

pytestmark = [pytest.mark.timeout(1500), pytest.mark.filterwarnings(LEFT_OPEN)]

TABLES = ("container", "reading", "rejected", "plan", "confirmation", "account", "device_note")
BACKUP = "/backups/all.backup"


def test_a_backup_is_restored_on_another_machine(city: Installed, device: TlsDevice) -> None:
    """Which has passwords of its own: nothing of the old one but the file."""
    eventually(device.is_stored, "the store is at rest")
    before = {table: city.count(table) for table in TABLES}
    city.tool("backup", BACKUP)
    device.leave()
    city.compose("down", "--volumes")
    other = Installed(city.engine, HERE, city.engine.folder / "other")
    other.make_secrets()
    other.make_empty_store()
    shutil.copy2(city.folder / "backups/all.backup", other.folder / "backups")
    shutil.chown(other.folder / "backups/all.backup", 10001)
    other.tool("restore", BACKUP)
    assert {table: other.count(table) for table in TABLES} == before
    other.tool("replay")
    other.up()
    other.compose("down", "--volumes")
