"""Photos are drawn anew: the picture alone."""

import io

import pytest
from PIL import Image

from services.contracts.reports import MOST_PHOTO_BYTES
from services.reports.photos import SIDES, PhotoRefused, cleaned


def photo(size: tuple[int, int] = (3000, 2000), kind: str = "JPEG", **options: object) -> bytes:
    """Left half red, right half blue."""
    drawn = Image.new("RGB", size, "red")
    drawn.paste("blue", (size[0] // 2, 0, *size))
    written = io.BytesIO()
    drawn.save(written, kind, **options)
    return written.getvalue()


def opened(raw: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(raw))
    found.load()
    return found


def test_place_and_maker_are_gone() -> None:
    """EXIF with a GPS block and a maker, a comment and a thumbnail: nothing of it is left."""
    exif = Image.Exif()
    exif[0x010F] = "Maker of telephones"
    exif.get_ifd(0x8825)[2] = (6.0, 22.0, 13.0)
    raw = photo(exif=exif, comment=b"at home")
    assert opened(raw).getexif().get_ifd(0x8825)
    made = cleaned(raw)
    assert not opened(made).getexif()
    assert {"exif", "comment", "icc_profile"} & set(opened(made).info) == set()
    assert b"Maker of telephones" not in made
    assert b"at home" not in made


def test_photo_is_made_small_and_upright() -> None:
    """3,000 by 2,000, taken with the telephone turned (orientation 6): 853 by 1,280, the left half at the top."""
    exif = Image.Exif()
    exif[0x0112] = 6
    made = opened(cleaned(photo(exif=exif)))
    assert max(made.size) == SIDES[0]
    assert made.width < made.height
    red, _, blue = made.getpixel((made.width // 2, 10))  # type: ignore[misc]
    assert red > 200
    assert blue < 100


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_become_jpeg(kind: str) -> None:
    assert opened(cleaned(photo((400, 300), kind))).format == "JPEG"


def test_noise_is_pressed_until_it_fits() -> None:
    """Nothing compresses worse: it comes out smaller than others, and never as nothing."""
    noise = Image.effect_noise((1280, 1280), 120).convert("RGB")
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=95)
    made = cleaned(written.getvalue())
    assert len(made) <= MOST_PHOTO_BYTES
    assert max(opened(made).size) < SIDES[0]


@pytest.mark.parametrize(
    "raw",
    [b"", b"GIF89a" + bytes(40), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", photo()[:400], bytes(100)],
    ids=["empty", "gif", "svg", "pdf", "cut short", "zeros"],
)
def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    """By its bytes, whatever it is called."""
    with pytest.raises(PhotoRefused):
        cleaned(raw)


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    """A PNG of 6,000 by 6,000 white pixels has some kilobytes, and would take 144 MB."""
    written = io.BytesIO()
    Image.new("1", (6000, 6000), 1).save(written, "PNG")
    assert written.tell() < 100_000
    with pytest.raises(PhotoRefused, match="pixels"):
        cleaned(written.getvalue())
