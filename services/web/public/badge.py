"""An image of a city's latest month, to be put on other pages."""

from html import escape

from services.city.registry import City
from services.web.figures.period import Period
from services.web.rendering.catalogue import Texts
from services.web.rendering.words import Words

HIGH, PAD, LETTER = 28, 10, 7.1
"""Pixels: of the badge, beside its words, and of a letter of 13 px, as wide as the common sans-serifs set it."""


def draw_badge(city: City, period: Period, texts: Texts, words: Words) -> str:
    """SVG: the city on dark, its month's saving with the interval on green; grey where nothing is claimed."""
    left, right, is_saved = city.name, _claim(period, texts, words), period.verdict == "saved"
    if city.simulated:
        right = f"{right} ({texts('trust.simulated')})"
    wide_left, wide_right = (round(len(part) * LETTER + 2 * PAD) for part in (left, right))
    whole, fill = wide_left + wide_right, "#0b6b47" if is_saved else "#53605a"
    label = escape(f"{left}{texts('savings.colon')}{right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HIGH}" role="img" aria-label="{label}">'
        f"<title>{label}</title>"
        f'<rect width="{wide_left}" height="{HIGH}" fill="#17211d"/>'
        f'<rect x="{wide_left}" width="{wide_right}" height="{HIGH}" fill="{fill}"/>'
        f'<g fill="#fff" font-family="system-ui, Segoe UI, Roboto, sans-serif" font-size="13" text-anchor="middle">'
        f'<text x="{wide_left / 2}" y="18.5">{escape(left)}</text>'
        f'<text x="{wide_left + wide_right / 2}" y="18.5">{escape(right)}</text></g></svg>'
    )


def _claim(period: Period, texts: Texts, words: Words) -> str:
    if not period.compared:
        return texts("public.badge.nothing")
    month, litres = words.month(period.month), words.litres(abs(period.fuel_saved_l))
    if period.verdict == "lost":
        return texts("public.badge.lost", month=month, litres=litres)
    if period.savings is None:
        return texts("public.badge.plain", month=month, litres=litres)
    told = period.savings.fuel_l
    low, high = words.litres(told.low), words.litres(told.high)
    return texts("public.badge.saved", month=month, litres=litres, low=low, high=high)
