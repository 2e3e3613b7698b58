"""The file: a gzipped tar that is written and read in one go, never held in memory whole.

| member | holds |
| --- | --- |
| `begin.json` | format, version, instant, migrations with checksums, tables and their columns in loading order |
| `tables/<table>/000001`, ... | rows in PostgreSQL's COPY text format, UTF-8, some MB a part, cut between rows |
| `end.json` | rows and checksums of each table, and where the sequences stand |
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ValidationError

from infra.backup.errors import BackupDamaged

FORMAT = "tournee/backup/1"
PART_BYTES = 4 * 1024 * 1024
MOST_PART_BYTES = 256 * 1024 * 1024
"""A part ends with the row that fills it; our longest rows are plans and maps, of some tens of MB."""
MOST_DESCRIPTION_BYTES = 8 * 1024 * 1024
MOST_RATIO = 250
"""Rows of a store pack to a tenth or a twentieth; made to fill a disk, zeros pack to a thousandth."""
SLACK_BYTES = 64 * 1024 * 1024
COMPRESSION = 4  # half the time of gzip's 6, for files some five per cent larger


class MigrationDone(BaseModel):
    name: str
    checksum: str


class TableShape(BaseModel):
    name: str
    columns: tuple[str, ...]


class Begin(BaseModel):
    """What must be known before the first row."""

    format: str
    tournee_version: str
    taken_at: AwareDatetime
    server: str
    migrations: tuple[MigrationDone, ...]
    tables: tuple[TableShape, ...]


class TableSum(BaseModel):
    """What a table holds. `sha256` is of its bytes in the file; `rows_sum` is the same in whatever order rows come."""

    rows: int
    size_bytes: int
    sha256: str
    rows_sum: int


class SequenceState(BaseModel):
    table: str
    column: str
    last_value: int
    is_called: bool


class End(BaseModel):
    """What is known only after the last row."""

    tables: dict[str, TableSum]
    sequences: tuple[SequenceState, ...]


@dataclass
class Sums:
    """Counted while rows go by."""

    rows: int = 0
    size_bytes: int = 0
    rows_sum: int = 0
    _sha256: Any = field(default_factory=hashlib.sha256)

    def add(self, part: bytes) -> None:
        """Whole rows. COPY writes a line break within a text as backslash and n, so each line is a row."""
        lines = part.split(b"\n")
        self.rows += len(lines) - 1
        self.size_bytes += len(part)
        self.rows_sum += sum(map(zlib.crc32, lines))
        self._sha256.update(part)

    def result(self) -> TableSum:
        return TableSum(
            rows=self.rows, size_bytes=self.size_bytes, sha256=self._sha256.hexdigest(), rows_sum=self.rows_sum
        )


def parts_of(blocks: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """COPY's output gathered into parts of some MB, cut between rows."""
    gathered = bytearray()
    for block in blocks:
        gathered += block
        if len(gathered) >= PART_BYTES and (cut := gathered.rfind(b"\n") + 1):
            yield bytes(gathered[:cut])
            del gathered[:cut]
    if gathered:
        yield bytes(gathered)


class ArchiveWriter:
    """Writes one backup, front to back."""

    def __init__(self, file: BinaryIO, taken_at: datetime) -> None:
        self._gzip = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|")  # noqa: SIM115 - closed by close()
        self._mtime = int(taken_at.timestamp())

    def begin(self, begin: Begin) -> None:
        self._add("begin.json", begin.model_dump_json(indent=1).encode())

    def part(self, table: str, number: int, part: bytes) -> None:
        self._add(f"tables/{table}/{number:06d}", part)

    def end(self, end: End) -> None:
        self._add("end.json", end.model_dump_json(indent=1).encode())

    def close(self) -> None:
        self._tar.close()
        self._gzip.close()

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), 0o600, self._mtime
        self._tar.addfile(member, io.BytesIO(content))


class TooLarge(OSError):
    """More than any of our backups holds: a file made to fill a disk or the memory."""


class _Metered:
    """The unpacked bytes, as far as a backup of ours could have them."""

    def __init__(self, unpacked: gzip.GzipFile, packed: BinaryIO) -> None:
        self._unpacked = unpacked
        self._packed = packed
        self._since_member = self._total = 0

    def read(self, size: int) -> bytes:
        content = self._unpacked.read(size)
        self._since_member += len(content)
        self._total += len(content)
        if self._since_member > MOST_PART_BYTES + SLACK_BYTES:
            raise TooLarge(f"a part of more than {MOST_PART_BYTES:,} bytes")
        if self._total > SLACK_BYTES and self._total > MOST_RATIO * self._packed.tell():
            raise TooLarge(f"it unpacks to more than {MOST_RATIO} times its size")
        return content

    def next_member(self) -> None:
        self._since_member = 0


class TablePart(NamedTuple):
    table: str
    content: bytes


class ArchiveReader:
    """Reads one backup, front to back. Every fault of the file is a BackupDamaged with its place."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._gzip = gzip.GzipFile(fileobj=file, mode="rb")
        with self._faults("it does not begin like one of ours"):
            self._metered = _Metered(self._gzip, file)
            self._tar = tarfile.open(fileobj=self._metered, mode="r|")  # type: ignore[call-overload]  # noqa: SIM115
            self._members = iter(self._tar)
            self.begin = self._read_begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()
        self._gzip.close()

    def parts(self) -> Iterator[TablePart]:
        """The rows, table after table; afterwards `end` is there."""
        where = "its first rows"
        while True:
            with self._faults(f"after {where}"):
                member = next(self._members, None)
                if member is None:
                    raise BackupDamaged(f"{self._path} ends without end.json: it was cut off")
                content = self._content(member)
            if member.name == "end.json":
                break
            table = member.name.split("/")[1] if member.name.startswith("tables/") else ""
            if table not in {shape.name for shape in self.begin.tables}:
                raise BackupDamaged(f"{self._path} holds {member.name!r}, which none of our backups does")
            yield TablePart(table, content)
            where = member.name
        self.end = self._parsed(End, content)
        with self._faults("at its end"):
            while self._gzip.read(PART_BYTES):  # up to gzip's own checksum
                pass

    def _read_begin(self) -> Begin:
        member = next(self._members, None)
        if member is None or member.name != "begin.json":
            raise BackupDamaged(f"{self._path} is not a Tournée backup: it begins with {member and member.name!r}")
        begin = self._parsed(Begin, self._content(member))
        if begin.format != FORMAT:
            raise BackupDamaged(f"{self._path} has the format {begin.format!r}; this Tournée reads {FORMAT!r}")
        return begin

    def _content(self, member: tarfile.TarInfo) -> bytes:
        most = MOST_PART_BYTES if member.name.startswith("tables/") else MOST_DESCRIPTION_BYTES
        if member.size > most:
            raise BackupDamaged(f"{self._path}: {member.name} has {member.size:,} bytes, ours at most {most:,}")
        self._metered.next_member()
        file = self._tar.extractfile(member)
        content = file.read() if file is not None else b""
        if len(content) != member.size:
            raise BackupDamaged(f"{self._path} is cut off within {member.name}")
        return content

    def _parsed[T: BaseModel](self, kind: type[T], content: bytes) -> T:
        try:
            return kind.model_validate_json(content)  # which refuses depth before the stack is full
        except ValidationError as error:
            raise BackupDamaged(f"{self._path}: {kind.__name__.lower()}.json is not readable: {error}") from error

    @contextmanager
    def _faults(self, where: str) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, zlib.error, tarfile.TarError, UnicodeDecodeError) as error:
            raise BackupDamaged(f"{self._path} is damaged or no Tournée backup ({where}): {error}") from error
