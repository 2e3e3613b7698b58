"""Labels for containers, eight on a sheet of A4: the code that a telephone's camera opens, and the number beside it.

A sheet is a page of HTML with all that it needs in it: a browser prints it, or saves it as PDF.
"""

from collections.abc import Sequence
from html import escape
from itertools import batched
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import segno

from services.reports.store import Place

ON_A_SHEET = 8
SHEETS_IN_A_FILE = 50
"""A large city's labels in one file would be too much for a browser."""
STYLE = """
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; font: 5mm/1.25 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; color: #000; background: #fff }
.sheet { width: 210mm; height: 297mm; display: grid; grid-template: repeat(4, 1fr) / 1fr 1fr }
.sheet { break-after: page; overflow: hidden }
.label { display: grid; grid-template-columns: 52mm 1fr; gap: 1mm; align-items: center; padding: 4mm 4mm 4mm 3mm }
.label { border: 0.2mm dashed #999; overflow: hidden }
svg { display: block; width: 52mm; height: 52mm }
p { margin: 0 0 2mm }
.ask { font-weight: 700 }
.number { font-size: 8mm; line-height: 1.1; font-weight: 700; overflow-wrap: anywhere }
.small { font-size: 3.4mm; max-height: 13mm; overflow: hidden }
"""
PAGE = (
    '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'
    "<body>{sheets}</body></html>"
)


class Label(NamedTuple):
    """What stands on one."""

    link: str
    number: str
    name: str
    sms: str | None
    """Where texts are taken."""


def label_of(city: str, place: Place, address: str, sms: str | None = None) -> Label:
    """A container's label.

    Args:
        city: its id.
        place: the container.
        address: of the pages, as residents open them: `https://tournee.example.org`.
        sms: the number that texts are sent to, if there is one.
    """
    return Label(f"{address.rstrip('/')}/signaler/{quote(city)}/{quote(place.id)}", place.id, place.name, sms)


def write_labels(folder: Path, labels: Sequence[Label]) -> list[Path]:
    """Files of sheets to print, `labels-001.html` and so on; which were written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, some in enumerate(batched(labels, ON_A_SHEET * SHEETS_IN_A_FILE), start=1):
        file = folder / f"labels-{number:03}.html"
        file.write_text(page_of(some), encoding="utf-8")
        written.append(file)
    return written


def page_of(labels: Sequence[Label]) -> str:
    """Sheets of labels, to cut along the dashes."""
    sheets = (f'<section class="sheet">{"".join(map(_drawn, some))}</section>' for some in batched(labels, ON_A_SHEET))
    title = f"{labels[0].number} - {labels[-1].number}" if labels else ""
    return PAGE.format(title=escape(title), style=STYLE, sheets="".join(sheets))


def _drawn(label: Label) -> str:
    """A quarter of the code may be scratched off; at 52 mm it is read from half a metre."""
    code = segno.make(label.link, error="q", micro=False)
    drawn = code.svg_inline(omitsize=True, border=3, dark="#000", light="#fff", svgclass=None, lineclass=None)
    sms = f'<p class="small">SMS {escape(label.sms)} : {escape(label.number)} plein</p>' if label.sms else ""
    return (
        f'<article class="label">{drawn}<div><p class="ask">Plein ? Cassé ? Scannez.</p>'
        f'<p lang="en">Full? Broken? Scan.</p><p class="number">{escape(label.number)}</p>'
        f'<p class="small">{escape(label.name)}</p>{sms}</div></article>'
    )
