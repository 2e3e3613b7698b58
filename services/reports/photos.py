"""A resident's photo, drawn anew: the picture alone, small, and nothing of where and by whom it was taken."""

import io
import threading
from itertools import product

from PIL import Image, ImageOps, UnidentifiedImageError

from services.contracts.reports import MOST_PHOTO_BYTES
from services.errors import TourneeError

FORMATS = ("JPEG", "PNG", "WEBP")
SIDES = (1280, 960, 640)
"""Pixels of the longer side, at most: the first is enough to see what lies beside a container."""
MOST_PIXELS = {"JPEG": 80_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
"""A JPEG is read at a fraction of its size; the others whole, four bytes a pixel."""
QUALITIES = (75, 55, 40)
_AT_ONCE = threading.Semaphore(2)
"""Each takes up to 80 MB while it is read."""


class PhotoRefused(TourneeError):
    """It is no photo that can be read."""


def cleaned(raw: bytes) -> bytes:
    """The photo as a JPEG of at most `MOST_PHOTO_BYTES`, upright, without any metadata.

    Raises:
        PhotoRefused: it is none, or has more pixels than any telephone's.
    """
    try:
        with _AT_ONCE, Image.open(io.BytesIO(raw), formats=FORMATS) as photo:
            return _drawn_anew(photo)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PhotoRefused(
            f"no photo that can be read ({type(error).__name__}); expected {', '.join(FORMATS)}"
        ) from error


def _drawn_anew(photo: Image.Image) -> bytes:
    width, height = photo.size
    if width * height > MOST_PIXELS[photo.format or ""]:
        raise PhotoRefused(f"{width} x {height} pixels; expected {MOST_PIXELS[photo.format or '']:,} at most")
    photo.draft("RGB", (SIDES[0], SIDES[0]))
    upright = ImageOps.exif_transpose(photo)
    upright.thumbnail((SIDES[0], SIDES[0]))
    # Onto a sheet of its own: what the file said beside its pixels stays behind.
    sheet = Image.new("RGB", upright.size, "white")
    sheet.paste(upright.convert("RGBA"), mask=upright.convert("RGBA").getchannel("A"))
    for side, quality in product(SIDES, QUALITIES):
        sheet.thumbnail((side, side))
        written = io.BytesIO()
        sheet.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= MOST_PHOTO_BYTES:
            return written.getvalue()
    raise PhotoRefused(f"over {MOST_PHOTO_BYTES:,} bytes even when it is made small")
