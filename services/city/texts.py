"""The text of a file that people edit: bounded, and in whatever encoding their spreadsheet saved."""

from pathlib import Path

from services.city import messages
from services.city.findings import Findings

MEGABYTE = 1_000_000
TOML_LIMIT = MEGABYTE
# 50,000 containers are about 5 MB; anything near this is not a file of ours.
CSV_LIMIT = 40 * MEGABYTE
GEOJSON_LIMIT = 60 * MEGABYTE


def read_bytes(path: Path, name: str, limit: int, findings: Findings) -> bytes | None:
    """The bytes of a file, or None with an error: missing, a folder, empty, over `limit` bytes, unreadable."""
    try:
        data, complaint = _read(path, limit)
    except OSError as error:
        data, complaint = b"", messages.FILE_UNREADABLE.format(reason=error.strerror or error)
    if complaint:
        findings.error(name, complaint)
        return None
    return data


def decode_table(data: bytes, name: str, findings: Findings) -> str | None:
    """The text of a CSV file: UTF-8 with or without BOM, or Windows-1252 with a warning; else None with an error."""
    if complaint := _not_text(data):
        findings.error(name, complaint)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong_line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        findings.error(name, messages.FILE_ENCODING, line=data.count(b"\n", 0, error.start) + 1)
        return None
    findings.warn(name, messages.FILE_CP1252, line=wrong_line)
    return text


def decode_utf8(data: bytes, name: str, findings: Findings) -> str | None:
    """The text of a TOML or JSON file, whose standards know only UTF-8; None with an error."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.error(name, messages.FILE_NOT_UTF8, line=data.count(b"\n", 0, error.start) + 1)
        return None


def _read(path: Path, limit: int) -> tuple[bytes, str]:
    """The bytes, and why they are of no use; nothing if they are."""
    if not path.exists():
        return b"", messages.FILE_MISSING
    if path.is_dir():
        return b"", messages.FILE_IS_FOLDER
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        size_mb = path.stat().st_size / MEGABYTE
        return b"", messages.FILE_TOO_LARGE.format(size_mb=size_mb, limit_mb=limit / MEGABYTE)
    return data, "" if data.strip(b" \t\r\n\xef\xbb\xbf") else messages.FILE_EMPTY


def _not_text(data: bytes) -> str:
    """Why the bytes cannot be a CSV file; nothing if they can."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):  # the signatures of .xlsx and .ods, and of .xls
        return messages.FILE_SPREADSHEET
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return messages.FILE_UTF16
    return messages.FILE_BINARY if b"\x00" in data else ""
