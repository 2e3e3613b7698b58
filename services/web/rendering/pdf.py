"""Sheets of A4 as PDF: the pages' own letters, headings, paragraphs, tables that go on over pages."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from fastapi import Response
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from services.web.rendering.assets import NODE_MODULES

MARGIN_MM, FOOT_MM = 18.0, 16.0
INK, SOFT, LINE, GO, PAPER = (20, 28, 24), (78, 88, 82), (201, 206, 201), (11, 107, 71), (255, 255, 255)
"""As on the pages: ink, what is said beside, hairlines, what is done; and what is printed on."""
BODY_PT, SMALL_PT, HEADING_PT, TITLE_PT = 10.0, 8.5, 13.0, 17.0
LEADING = 1.35
CHART_MM = 48.0

_FILES = NODE_MODULES / "@fontsource/atkinson-hyperlegible/files"
_FACES = {"": _FILES / "atkinson-hyperlegible-latin-400-normal.woff",
          "B": _FILES / "atkinson-hyperlegible-latin-700-normal.woff"}  # fmt: skip
_PLAIN = str.maketrans("ɛɔŋɲƐƆŊƝ\u202f", "eonnEONN\u00a0")
"""Letters of Bambara and Fon, and the narrow space, which the font has not."""

type Align = Literal["left", "right"]


@dataclass(frozen=True)
class Column:
    name: str
    share: float
    """Of the width."""
    align: Align = "left"


class Bar(NamedTuple):
    """One of a chart: its name below it, its value and the ends of its interval."""

    name: str
    value: float
    low: float
    high: float


class _Paper(FPDF):
    """A4 with a foot on each page."""

    def __init__(self, foot: str, faces: dict[str, Path]) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=FOOT_MM + 6)
        self.family = "atkinson" if all(path.is_file() for path in faces.values()) else "Helvetica"
        if self.family == "atkinson":
            for style, path in faces.items():
                self.add_font("atkinson", style, path)

    def footer(self) -> None:
        self.set_y(-FOOT_MM)
        self.set_font(self.family, size=SMALL_PT)
        self.set_text_color(*SOFT)
        self.cell(0, 5, self._foot, align="L")
        self.set_y(-FOOT_MM)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")


class Sheet:
    """A document that is written from above to below. Without the pages' font it takes the one that PDF itself has."""

    def __init__(
        self, title: str, *, language: str, foot: str, made_at: datetime, faces: dict[str, Path] | None = None
    ):
        self._known: frozenset[int] | None = None
        self.paper = _Paper("", faces or _FACES)
        self.paper.set_creation_date(made_at)  # the same sheet is the same file
        self.paper.set_title(title)
        self.paper.set_lang(language)
        self.paper.set_creator("Tournée")
        self.paper._foot = self.sayable(foot)
        self.paper.add_page()

    @property
    def width(self) -> float:
        """Between the margins, mm."""
        return float(self.paper.epw)

    def sayable(self, text: str) -> str:
        """The text in letters that the font has: without an accent, else a question mark, where it has none."""
        plain = text.translate(_PLAIN)
        return "".join(letter if self._has(letter) else self._nearest(letter) for letter in plain)

    def title(self, text: str, *, above: str = "") -> None:
        if above:
            self.small(above)
        self._write(text, TITLE_PT, style="B", gap=3)

    def heading(self, text: str) -> None:
        """It stays with what follows."""
        if self.paper.will_page_break(30):
            self.paper.add_page()
        self.paper.ln(4)
        self._write(text, HEADING_PT, style="B", gap=1.5)

    def paragraph(self, text: str, *, bold: bool = False) -> None:
        self._write(text, BODY_PT, style="B" if bold else "", gap=2)

    def small(self, text: str) -> None:
        self._write(text, SMALL_PT, colour=SOFT, gap=1.5)

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, sums: Sequence[str] | None = None
    ) -> None:
        """Rows with hairlines between them; the names of columns again on each page; `sums` below, in bold."""
        paper = self.paper
        paper.set_font(paper.family, size=SMALL_PT + 0.5)
        paper.set_text_color(*INK)
        paper.set_draw_color(*LINE)
        paper.set_fill_color(*PAPER)
        with paper.table(
            col_widths=tuple(column.share for column in columns),
            text_align=tuple("RIGHT" if column.align == "right" else "LEFT" for column in columns),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=SOFT),
            line_height=4.4,
            padding=(1.0, 1.6),
            v_align=VAlign.T,
            width=paper.epw,
        ) as table:
            for row in ([column.name for column in columns], *rows):
                table.row([self.sayable(cell) for cell in row])
            if sums:
                table.row([self.sayable(cell) for cell in sums], style=FontFace(emphasis="BOLD"))
        paper.ln(2)

    def bars(self, bars: Sequence[Bar], said: Callable[[float], str]) -> None:
        """Bars from zero, each with its interval as a line and its name below; `said` tells the scale on the left."""
        paper, height = self.paper, CHART_MM
        if paper.will_page_break(height + 10):
            paper.add_page()
        top = paper.get_y() + 3
        most = max([0.0, *(max(bar.value, bar.high) for bar in bars)])
        least = min([0.0, *(min(bar.value, bar.low) for bar in bars)])
        scale = (height - 4) / ((most - least) or 1.0)

        def y(value: float) -> float:
            return top + (most - value) * scale

        left, room = paper.l_margin + 20, (self.width - 20) / max(len(bars), 6)
        paper.set_font(paper.family, size=SMALL_PT)
        paper.set_text_color(*SOFT)
        paper.set_draw_color(*LINE)
        for value in sorted({most, 0.0, least}):
            paper.line(left, y(value), left + self.width - 20, y(value))
            paper.set_xy(paper.l_margin, y(value) - 2)
            paper.cell(18, 4, self.sayable(said(value)), align="R")
        for place, bar in enumerate(bars):
            x = left + room * (place + 0.2)
            paper.set_fill_color(*GO)
            paper.rect(x, min(y(0), y(bar.value)), room * 0.6, abs(y(0) - y(bar.value)), style="F")
            paper.set_draw_color(*INK)
            paper.line(x + room * 0.3, y(bar.high), x + room * 0.3, y(bar.low))
            paper.set_xy(x - room * 0.2, top + height - 3)
            paper.cell(room, 4, self.sayable(bar.name), align="C")
        paper.set_xy(paper.l_margin, top + height + 4)

    def bytes(self) -> bytes:
        return bytes(self.paper.output())

    def _write(self, text: str, size: float, *, style: str = "", colour: tuple[int, ...] = INK, gap: float) -> None:
        paper = self.paper
        paper.set_font(paper.family, style, size)
        paper.set_text_color(*colour)
        height = size * 0.3528 * LEADING  # points are 0.3528 mm
        paper.multi_cell(0, height, self.sayable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        paper.ln(gap)

    def _has(self, letter: str) -> bool:
        if self.paper.family == "Helvetica":
            return ord(letter) < 256
        if self._known is None:
            self._known = frozenset(self.paper.fonts["atkinson"].cmap)  # type: ignore[union-attr]
        return ord(letter) in self._known or letter in "\n{}"

    def _nearest(self, letter: str) -> str:
        plain = {"\u2212": "-", "\u2019": "'", "\u2013": "-", "\u2014": "-", "œ": "oe"}.get(letter)
        base = plain or unicodedata.normalize("NFKD", letter)[:1]
        return base if base and all(self._has(each) for each in base) else "?"


def pdf_answer(name: str, sheet: Sheet, cache: str = "no-cache") -> Response:
    """Shown by the browser, under a name where it is kept."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": cache}
    return Response(sheet.bytes(), media_type="application/pdf", headers=headers)
