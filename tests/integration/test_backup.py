"""A store in one file and back: nothing missing, nothing altered unseen, nothing mixed."""

import gzip
import stat
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from infra.backup import BackupDamaged, BackupRefused, restore_backup, take_backup
from infra.backup.archive import PART_BYTES, parts_of
from infra.backup.shapes import in_loading_order
from infra.migrate import all_migrations, migrate
from infra.stack.stack import Stack
from services.contracts import topics
from services.errors import StreamAway
from services.operations.kafka_admin import KafkaAdmin
from services.stream.kafka import EventConsumer, EventProducer
from tests.support.backup_stores import content, put_telemetry, repacked, tournee
from tests.support.databases import new_database
from tests.support.old_store import fill_old_store, missing_rows, tables_of
from tests.support.web_seed import put_everything


@pytest.fixture(scope="module")
def full_url(database_url: str) -> str:
    """A small city with everything: registry, logins, plan, confirmations, ledger, readings, odd texts and bytes."""
    put_everything(database_url)
    put_telemetry(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO observation (observation_id, city_id, kind, container_id, happened_at, received_at, said_by)"
            " SELECT gen_random_uuid(), city_id, 'emptied', container_id, now(), now(), 'drivers' FROM container_state"
        )
        # Folded into the belief since: what the trigger told the state is no longer what stands there.
        connection.execute("UPDATE container_state SET news_from = NULL")
    return database_url


@pytest.fixture(scope="module")
def backup(full_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the small city."""
    file = tmp_path_factory.mktemp("backup") / "city.backup"
    take_backup(full_url, file)
    return file


def test_restored_store_holds_the_same(full_url: str, backup: Path, empty_url: str) -> None:
    """What a city gets back after its disk died is every row of every table."""
    end = restore_backup(empty_url, backup)
    restored = content(empty_url)
    assert restored == content(full_url)
    assert {table: len(rows) for table, rows in restored.items()} == {t: s.rows for t, s in end.tables.items()}
    assert len(restored["reading"]) == 9 * 330
    assert len(restored["account"]) > 0
    assert len(restored["observation"]) >= len(restored["container_state"]) > 0
    with psycopg.connect(empty_url) as connection:  # and what is added from now on is told again
        connection.execute(
            "INSERT INTO observation (observation_id, city_id, kind, container_id, happened_at, received_at, said_by)"
            " SELECT gen_random_uuid(), city_id, 'emptied', container_id, now(), now(), 'drivers' FROM container_state"
        )
        news = connection.execute("SELECT count(*) FROM container_state WHERE news_from IS NULL").fetchone()
    assert news == (0,)


@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_plain_tables_and_hypertables_exchange_their_data(
    stack: Stack, embedded_stack_running: Stack, tmp_path: Path
) -> None:
    """A town that began on plain PostgreSQL moves to TimescaleDB with all it has, and may move back."""
    with new_database(embedded_stack_running) as plain, new_database(stack) as hyper, new_database(stack) as again:
        migrate(plain)
        put_everything(plain)
        put_telemetry(plain, days=2)
        take_backup(plain, tmp_path / "plain.backup")
        restore_backup(hyper, tmp_path / "plain.backup")
        take_backup(hyper, tmp_path / "hyper.backup")
        restore_backup(again, tmp_path / "hyper.backup")
        with psycopg.connect(again) as connection:
            chunks = connection.execute("SELECT count(*) FROM show_chunks('reading')").fetchone()
        assert chunks is not None
        assert chunks[0] >= 1
        assert content(again) == content(plain)


def test_only_its_owner_may_read_a_backup(backup: Path) -> None:
    """It holds the password hashes of every login; and no half-written file stays beside it."""
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_numbers_go_on_where_they_were(backup: Path, empty_url: str) -> None:
    """A sequence that began anew would give an audit row a number that is taken."""
    restore_backup(empty_url, backup)
    with psycopg.connect(empty_url) as connection:
        before = connection.execute("SELECT max(audit_id) FROM audit").fetchone()
        after = connection.execute(
            "INSERT INTO audit (city_id, happened_at, who, what, detail) VALUES ('x', now(), 'c', 'x', '{}')"
            " RETURNING audit_id"
        ).fetchone()
    assert before is not None
    assert after == (before[0] + 1,)


def test_restoring_twice_is_refused(full_url: str, backup: Path, empty_url: str) -> None:
    """Two cities' data, or one's twice, must never be mixed; what is there stays as it is."""
    restore_backup(empty_url, backup)
    with pytest.raises(BackupRefused, match=r"holds data \(.*reading"):
        restore_backup(empty_url, backup)
    assert content(empty_url) == content(full_url)


def test_store_in_use_is_refused(backup: Path, empty_url: str) -> None:
    """A service that still runs would write between the rows; nothing is loaded, and the store stays usable."""
    migrate(empty_url)
    with psycopg.connect(empty_url) as writer:
        writer.execute(
            "INSERT INTO audit (city_id, happened_at, who, what, detail) VALUES ('x', now(), 'a', 'b', '{}')"
        )
        with pytest.raises(BackupRefused, match="writing into audit: stop the services"):
            restore_backup(empty_url, backup)
        writer.rollback()
    assert not any(content(empty_url).values())
    restore_backup(empty_url, backup)


def test_commands_tell_what_they_did_and_why_not(stack: Stack, full_url: str, empty_url: str, tmp_path: Path) -> None:
    """A technician at night sees rows, size and the next step, or one clear line; never a traceback."""
    file = str(tmp_path / "night.backup")
    taken = tournee(full_url, stack.kafka, "backup", file)
    assert taken.returncode == 0, taken.stderr
    assert "rows in" in taken.stdout
    assert "backing up: reading, 2,970 rows" in taken.stderr
    restored = tournee(empty_url, stack.kafka, "restore", file)
    assert restored.returncode == 0, restored.stderr
    assert "restored and compared" in restored.stdout
    assert "Next: tournee replay" in restored.stdout
    again = tournee(empty_url, stack.kafka, "restore", file)
    assert again.returncode == 1
    assert "tournee: the store holds data" in again.stderr
    assert "Traceback" not in again.stderr


def test_replay_has_the_group_read_everything_again(stack: Stack) -> None:
    """After a restore the offsets say that events are done which the store no longer has."""
    group, topic = f"test-{uuid4().hex[:8]}", topics.LEDGER
    producer = EventProducer(stack.kafka, name="test")
    producer.confirm([producer.send(topic, str(n).encode(), b"{}") for n in range(30)])
    producer.close()
    with KafkaAdmin(stack.kafka, name="test") as admin:
        held = sum(admin.lags(group, [topic]).values())
        assert held >= 30
        consumer, read = EventConsumer(stack.kafka, group=group, subscribed=[topic]), 0
        while read < held:
            read += len(consumer.poll(1))
        consumer.commit()
        assert sum(admin.lags(group, [topic]).values()) == 0
        with pytest.raises(StreamAway, match=f"set {group} back"):
            admin.rewind(group, [topic])
        consumer.close()
        assert admin.rewind(group, [topic]) == held


def test_backup_never_replaces_a_file(full_url: str, backup: Path) -> None:
    """Yesterday's backup is worth more than a slip of the hand."""
    before = backup.read_bytes()
    with pytest.raises(BackupRefused, match="exists"):
        take_backup(full_url, backup)
    assert backup.read_bytes() == before


def test_failed_backup_leaves_no_file(empty_url: str, tmp_path: Path) -> None:
    """Half a backup under a good name would be found on the worst day."""
    with pytest.raises(BackupRefused, match="holds no Tournée store"):
        take_backup(empty_url, tmp_path / "nothing.backup")
    assert list(tmp_path.iterdir()) == []


def _is_untouched(url: str) -> bool:
    return content(url) == {}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated_file_is_refused(backup: Path, empty_url: str, tmp_path: Path, share: float) -> None:
    """A copy that a full stick cut off is told before anything is loaded."""
    whole = backup.read_bytes()
    cut = tmp_path / "cut.backup"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupDamaged):
        restore_backup(empty_url, cut)
    assert _is_untouched(empty_url)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.9999])
def test_altered_byte_is_refused(backup: Path, empty_url: str, tmp_path: Path, share: float) -> None:
    """One flipped bit on an old disk must not become a city's data."""
    altered = bytearray(backup.read_bytes())
    altered[int(len(altered) * share)] ^= 0x10
    file = tmp_path / "altered.backup"
    file.write_bytes(altered)
    with pytest.raises(BackupDamaged):
        restore_backup(empty_url, file)
    assert _is_untouched(empty_url)


def test_altered_rows_are_refused_though_the_container_is_sound(backup: Path, empty_url: str, tmp_path: Path) -> None:
    """Each table has a checksum of its own, so that a tool which rewrites the archive is noticed too."""
    file = repacked(backup, tmp_path / "altered.backup", {b", break": b", brake"})
    with pytest.raises(BackupDamaged, match="rows of rejected"):
        restore_backup(empty_url, file)
    assert _is_untouched(empty_url)


def test_backup_of_a_newer_tournee_is_refused(backup: Path, empty_url: str, tmp_path: Path) -> None:
    """Data of a schema that we do not know cannot be loaded half understood."""
    newest = all_migrations()[-1].name.encode()
    file = repacked(backup, tmp_path / "newer.backup", {newest: b"9999_from_the_future.sql"})
    with pytest.raises(BackupRefused, match=r"9999_from_the_future\.sql.*Upgrade first"):
        restore_backup(empty_url, file)
    assert _is_untouched(empty_url)


@pytest.mark.parametrize(
    "body",
    [b"", b"PK\x03\x04 something else entirely", gzip.compress(b"not a tar" * 1000)],
    ids=["empty", "zip", "compressed"],
)
def test_alien_file_is_refused(empty_url: str, tmp_path: Path, body: bytes) -> None:
    """Somebody's holiday pictures are not a backup, and the message says so."""
    file = tmp_path / "alien.backup"
    file.write_bytes(body)
    with pytest.raises(BackupDamaged, match="no Tournée backup"):
        restore_backup(empty_url, file)
    with pytest.raises(BackupRefused, match="cannot be read"):
        restore_backup(empty_url, tmp_path / "missing.backup")
    assert _is_untouched(empty_url)


@pytest.mark.parametrize("is_migrated", [True, False])
def test_backup_of_the_first_release_goes_into_the_newest(
    stack: Stack, empty_url: str, tmp_path: Path, *, is_migrated: bool
) -> None:
    """A city that skipped releases must get its data back, whether or not the new store has its schema already."""
    with new_database(stack) as old_url:
        fill_old_store(old_url, "0002_hypertables.sql")
        put_telemetry(old_url, days=1)
        before = tables_of(old_url)
        assert before.keys() >= {"reading", "savings_day", "plan"}
        take_backup(old_url, tmp_path / "old.backup")
    if is_migrated:
        migrate(empty_url)
    restore_backup(empty_url, tmp_path / "old.backup")
    assert missing_rows(empty_url, before) == {}
    with psycopg.connect(empty_url) as connection:
        done = connection.execute("SELECT name FROM schema_migration ORDER BY name").fetchall()
        # 0003 fills this from the readings: it must have run after they were there, not before.
        touched = connection.execute("SELECT count(*) FROM reading_touched").fetchone()
    assert [name for (name,) in done] == [migration.name for migration in all_migrations()]
    assert touched is not None
    assert touched[0] > 0


def test_table_comes_after_all_that_it_refers_to() -> None:
    """Rows that refer to rows not yet there would be refused."""
    order = in_loading_order(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "elsewhere")])
    assert order == ["c", "b", "a"]


def test_parts_are_bounded_and_cut_between_rows() -> None:
    """A table of any size must pass through a small machine's memory."""
    row = b"x" * 999 + b"\n"
    parts = list(parts_of(row for _ in range(3 * PART_BYTES // len(row))))
    assert len(parts) >= 2
    assert all(len(part) <= PART_BYTES + len(row) and part.endswith(b"\n") for part in parts)
    assert sum(map(len, parts)) == 3 * PART_BYTES // len(row) * len(row)
