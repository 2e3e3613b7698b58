"""Sheets of labels as a PDF: eight on A4, as `labels` draws them in HTML, for whoever prints from a page.

Written by hand (PDF 1.4, ISO 32000-1): squares of the code as vectors, letters in the printer's own Helvetica, so that
a sheet is a few kilobytes. Helvetica has the letters of Western Europe; of others the nearest is printed (ẹ as e, ɖ as
d). The id beside the code, by which everything goes, is never touched.
"""

import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import NamedTuple

import segno

POINTS_PER_MM = 72 / 25.4
PAGE_W, PAGE_H = 210 * POINTS_PER_MM, 297 * POINTS_PER_MM
ACROSS, DOWN = 2, 4
CODE_MM = 52.0
"""At this size the code is read from half a metre."""
QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""
ENCODING = "cp1252"
NEAREST = str.maketrans({"ɖ": "d", "ɗ": "d", "ɓ": "b", "ƙ": "k", "ɛ": "e", "ɔ": "o", "ŋ": "n", "ɣ": "g", "ʋ": "v",
                         "Ɖ": "D", "Ɗ": "D", "Ɓ": "B", "Ƙ": "K", "Ɛ": "E", "Ɔ": "O", "Ŋ": "N", "Ɣ": "G", "ƒ": "f",
                         "ꞌ": "'", "ʼ": "'", "ǝ": "e", "ə": "e"})  # fmt: skip
NARROW = 0.52
"""Width of an ordinary letter of Helvetica as a share of its size; capitals and digits are told apart below."""


class PdfLabel(NamedTuple):
    """What stands on one, from above: two lines that ask, the number large, what is small below."""

    link: str
    ask: str
    ask_en: str
    number: str
    small: Sequence[str]


def pdf_of(labels: Sequence[PdfLabel], title: str) -> bytes:
    """The sheets, to cut along the dashes."""
    pages = [_page(some) for some in batched(labels, ACROSS * DOWN)] or [b""]
    return _document(pages, title)


def _page(labels: Sequence[PdfLabel]) -> bytes:
    width, height = PAGE_W / ACROSS, PAGE_H / DOWN
    parts = ["0.6 G 0.5 w [3 3] 0 d"]
    parts += [f"{width:.2f} 0 m {width:.2f} {PAGE_H:.2f} l S"]
    parts += [f"0 {height * row:.2f} m {PAGE_W:.2f} {height * row:.2f} l S" for row in range(1, DOWN)]
    parts.append("0 g")
    for place, label in enumerate(labels):
        x, y = width * (place % ACROSS), PAGE_H - height * (place // ACROSS + 1)
        parts += _label(label, x, y, width, height)
    return "\n".join(parts).encode(ENCODING, "replace")


def _label(label: PdfLabel, x: float, y: float, width: float, height: float) -> Iterator[str]:
    side, margin = CODE_MM * POINTS_PER_MM, 3 * POINTS_PER_MM
    yield from _code(label.link, x + margin, y + (height - side) / 2, side)
    left, room = x + margin + side + margin / 2, width - side - 2.5 * margin
    lines = [("F2", 13, label.ask), ("F1", 12, label.ask_en)]
    lines += [("F2", 21, part) for part in _wrapped(label.number, 21, room)]
    lines += [("F1", 9, part) for text in label.small for part in _wrapped(text, 9, room)][:5]
    tall = sum(size * 1.3 for _, size, _ in lines)
    top = y + height / 2 + tall / 2
    for font, size, text in lines:
        fit = min(size, size * room / max(_width(text, size), 1))
        top -= size * 1.3
        yield f"BT /{font} {fit:.1f} Tf {left:.2f} {top + size * 0.3:.2f} Td ({_escaped(text)}) Tj ET"


def _code(link: str, x: float, y: float, side: float) -> Iterator[str]:
    """Dark squares, those beside one another as one rectangle. A quarter of the code may be scratched off."""
    rows = list(segno.make(link, error="q", micro=False).matrix)
    step = side / (len(rows) + 2 * QUIET)
    for down, row in enumerate(rows):
        bottom = y + side - (down + QUIET + 1) * step
        start = None
        for across, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = across
            elif not dark and start is not None:
                yield f"{x + (start + QUIET) * step:.2f} {bottom:.2f} {(across - start) * step:.2f} {step:.2f} re"
                start = None
    yield "f"


def _wrapped(text: str, size: float, room: float) -> list[str]:
    """At spaces and behind dashes, and where nothing else helps within a word."""
    lines, line = [], ""
    for word in text.replace("-", "-\0").replace(" ", " \0").split("\0"):
        piece = word
        if line and _width((line + piece).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        while _width(piece.rstrip(), size) > room and len(piece) > 1:
            cut = max(1, int(len(piece) * room / _width(piece, size)) - 1)
            lines.append(piece[:cut])
            piece = piece[cut:]
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _width(text: str, size: float) -> float:
    """About, and never too small for words: Helvetica's own table would be 500 numbers."""
    return size * sum(0.72 if letter.isupper() or letter in "mwMW@%" else 0.58 if letter.isdigit() else NARROW
                      for letter in text)  # fmt: skip


def plain(text: str) -> str:
    """The text in letters that Helvetica has."""
    found = []
    for letter in unicodedata.normalize("NFC", text).translate(NEAREST):
        if unicodedata.combining(letter):
            continue
        try:
            letter.encode(ENCODING)
        except UnicodeEncodeError:
            bare = "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))
            found.append(bare.encode(ENCODING, "ignore").decode(ENCODING) or "?")
        else:
            found.append(letter)
    return "".join(letter for letter in found if letter >= " ")


def _escaped(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _document(pages: Sequence[bytes], title: str) -> bytes:
    """Objects 1 catalogue, 2 pages, 3 and 4 fonts, 5 title; then a page and its drawing each."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        font.format(name="Helvetica").encode(),
        font.format(name="Helvetica-Bold").encode(),
        f"<< /Title ({_escaped(title)}) /Producer (Tourn\xe9e) >>".encode("latin-1", "replace"),
    ]
    for n, drawing in enumerate(pages):
        packed = zlib.compress(drawing)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_W:.2f} {PAGE_H:.2f}] /Contents {7 + 2 * n} 0 R"
            f" /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
