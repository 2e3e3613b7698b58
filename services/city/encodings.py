"""Which encoding a list may be in, shown by how one of its names reads: only a reader can tell which is right."""

import re
from itertools import pairwise

WINDOWS_1252 = "cp1252"
CANDIDATES = (WINDOWS_1252, "mac_roman", "cp850", "cp1256", "cp1250", "cp1254", "cp1251")
"""Spreadsheets of Windows in the West, old Macs, DOS; Windows in Arabic, Central European, Turkish, Cyrillic."""
SHOWN = 4

_LINE_ENDS = re.compile(rb"[\r\n]+")
_DELIMITERS = re.compile(rb"[;,\t]")


def readings_of(data: bytes) -> list[tuple[str, str]]:
    """How the first name that is not plain ASCII reads: (encoding, name), the likeliest first, each reading once."""
    readings: dict[str, str] = {}
    for encoding in CANDIDATES:
        if readable_in(data, encoding):
            readings.setdefault(sample(data, encoding), encoding)
    likeliest = sorted(readings, key=_oddness)
    return [(readings[text], text) for text in likeliest[:SHOWN]]


def readable_in(data: bytes, encoding: str) -> bool:
    """Whether every byte means something in this encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def sample(data: bytes, encoding: str) -> str:
    """The first cell below the header that is not plain ASCII; of the header where it alone is not."""
    header, *lines = _LINE_ENDS.split(data.strip())
    line = next((line for line in [*lines, header] if not line.isascii()), b"")
    cell = next((cell for cell in _DELIMITERS.split(line) if not cell.isascii()), b"")
    return cell.decode(encoding, errors="replace").strip(' "')


def _oddness(text: str) -> int:
    """Letters that no language writes so: signs within words, and capitals after small letters."""
    odd = sum(not letter.isascii() and not letter.isalpha() for letter in text)
    return odd + sum(after.isupper() and before.islower() for before, after in pairwise(text))
