"""The text of a file that people edit: bounded, and in whatever encoding their spreadsheet saved."""

import errno
import os
import stat
from pathlib import Path

from services.city import messages
from services.city.encodings import WINDOWS_1252, readable_in, readings_of, sample
from services.city.findings import Findings

MEGABYTE = 1_000_000
TOML_LIMIT = MEGABYTE
# 50,000 containers are about 5 MB; anything near this is not a file of ours.
CSV_LIMIT = 40 * MEGABYTE
GEOJSON_LIMIT = 60 * MEGABYTE


def read_bytes(path: Path, name: str, limit: int, findings: Findings, *, links: bool = False) -> bytes | None:
    """The bytes of a file, or None with an error: missing, no plain file, empty, over `limit` bytes, unreadable.

    A folder may come from anywhere. So its files are no links, which could lead out of it, and nothing that waits
    for a writer. `links` lets one through that the user has named himself.
    """
    try:
        data, complaint = _read(path, limit, links=links)
    except OSError as error:
        data, complaint = b"", _reason(error)
    if complaint:
        findings.error(name, complaint)
        return None
    return data


def complaint_of(path: Path) -> str:
    """Why a file that is not read here is none of a folder's; nothing for a plain file."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return messages.FILE_LINK
    return "" if stat.S_ISREG(mode) else messages.FILE_IS_FOLDER if stat.S_ISDIR(mode) else messages.FILE_SPECIAL


def decode_table(data: bytes, name: str, findings: Findings) -> str | None:
    """The text of a CSV file: UTF-8 with or without BOM, or Windows-1252 with a warning; else None with an error."""
    if complaint := _not_text(data):
        findings.error(name, complaint)
        return None
    text, wrong_line = _utf8(data)
    if text is not None:
        return text
    if not readable_in(data, WINDOWS_1252):
        findings.error(name, messages.FILE_ENCODING, line=wrong_line)
        return None
    findings.warn(name, messages.FILE_CP1252, line=wrong_line, value=sample(data, WINDOWS_1252))
    return data.decode(WINDOWS_1252)


def decode_list(data: bytes, name: str, encoding: str | None, findings: Findings) -> str | None:
    """The text of a list whose names become ids: in the encoding that is named, else UTF-8; nothing is guessed.

    None with an error that shows how a name of the file reads in each likely encoding.
    """
    if encoding is not None:
        return _decode_named(data, name, encoding, findings)
    if complaint := _not_text(data):
        hint = messages.HINT_UTF16 if complaint == messages.FILE_UTF16 else ""
        findings.error(name, complaint + hint)
        return None
    text, wrong_line = _utf8(data)
    if text is None:
        choices = "".join(f"\n      --encoding {known:<10} {reading}" for known, reading in readings_of(data))
        findings.error(name, messages.LIST_ENCODING.format(choices=choices), line=wrong_line)
    return text


def decode_utf8(data: bytes, name: str, findings: Findings) -> str | None:
    """The text of a TOML or JSON file, whose standards know only UTF-8; None with an error."""
    text, wrong_line = _utf8(data)
    if text is None:
        findings.error(name, messages.FILE_NOT_UTF8, line=wrong_line)
    return text


def _utf8(data: bytes) -> tuple[str | None, int]:
    """The text, or None and the first line that is no UTF-8."""
    try:
        return data.decode("utf-8-sig"), 0
    except UnicodeDecodeError as error:
        return None, data.count(b"\n", 0, error.start) + 1


def _decode_named(data: bytes, name: str, encoding: str, findings: Findings) -> str | None:
    if data.startswith(_SPREADSHEETS):
        findings.error(name, messages.FILE_SPREADSHEET)
        return None
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        wrong = messages.FILE_NOT_IN.format(encoding=encoding)
        findings.error(name, wrong, line=data.count(b"\n", 0, start) + 1)
        return None
    if "\x00" in text:
        findings.error(name, messages.FILE_BINARY)
        return None
    return text.removeprefix("\ufeff")


def _read(path: Path, limit: int, *, links: bool) -> tuple[bytes, str]:
    """The bytes, and why they are of no use; nothing if they are."""
    # O_NONBLOCK: opening a FIFO would otherwise wait for somebody to write into it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (0 if links else os.O_NOFOLLOW))
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return b"", messages.FILE_IS_FOLDER if stat.S_ISDIR(about.st_mode) else messages.FILE_SPECIAL
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        return b"", messages.FILE_TOO_LARGE.format(size_mb=about.st_size / MEGABYTE, limit_mb=limit / MEGABYTE)
    return data, "" if data.strip(b" \t\r\n\xef\xbb\xbf") else messages.FILE_EMPTY


def _reason(error: OSError) -> str:
    known = {
        errno.ENOENT: messages.FILE_MISSING,
        errno.ELOOP: messages.FILE_LINK,
        errno.ENXIO: messages.FILE_SPECIAL,  # a socket
    }
    return known.get(error.errno or 0) or messages.FILE_UNREADABLE.format(reason=error.strerror or error)


_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The signatures of .xlsx and .ods, and of .xls."""


def _not_text(data: bytes) -> str:
    """Why the bytes cannot be a CSV file; nothing if they can."""
    if data.startswith(_SPREADSHEETS):
        return messages.FILE_SPREADSHEET
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return messages.FILE_UTF16
    return messages.FILE_BINARY if b"\x00" in data else ""
