"""Days on which other amounts of waste come in than usual: `[special_days]` of `city.toml`.

Nobody has to say how much more or less: `services.fill` learns that of each kind of day.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints

from services.city import messages
from services.city.entry import Entry
from services.city.fields import WEEKDAYS, unless
from services.city.findings import Findings
from services.city.public_holidays import feasts_of, is_known

MARKET, RAIN = "market", "rain"
HEAVY_RAIN_MM = 10.0
"""A day with so much rain or more is a rainy one: the World Meteorological Organization's index R10mm."""
_WEEKDAYS: dict[str, int] = {name: number for number, name in enumerate(WEEKDAYS)}
_ID, _DAY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _known_place(text: str) -> str:
    if not is_known(text):
        raise ValueError("not a country whose holidays are known")
    return text


def _with_day(place: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        date.fromisoformat(text.split(":")[place])
        return text

    return check


Place = Annotated[str, AfterValidator(_known_place)]
MarketWeekday = Annotated[str, StringConstraints(pattern=rf"^{_ID}:({'|'.join(WEEKDAYS)})$")]
MarketCycle = Annotated[
    str, StringConstraints(pattern=rf"^{_ID}:([2-9]|[12][0-9]|30):{_DAY}$"), AfterValidator(_with_day(2))
]
NamedDay = Annotated[str, StringConstraints(pattern=rf"^{_DAY}:{_ID}$"), AfterValidator(_with_day(0))]
Rain = Annotated[str, StringConstraints(pattern=rf"^{_DAY}:[0-9]{{1,4}}(\.[0-9]+)?$"), AfterValidator(_with_day(0))]


class SpecialDays(Entry):
    country: Annotated[
        Place | None,
        Field(description="a country of ISO 3166, or a part of one, like BJ or GB-SCT", exclude_if=unless(None)),
    ] = None
    """Its public holidays count, and Ramadan, Korité and Tabaski where they are among them."""
    market_weekdays: Annotated[
        tuple[MarketWeekday, ...], Field(description="pairs zone:weekday like centre:sat", exclude_if=unless(()))
    ] = ()
    market_every: Annotated[
        tuple[MarketCycle, ...],
        Field(description="zone:days:a market day, like centre:5:2026-01-03", exclude_if=unless(())),
    ] = ()
    """Many markets have a week of their own, of four, five or eight days."""
    named: Annotated[
        tuple[NamedDay, ...], Field(description="pairs day:name like 2026-01-10:vodun", exclude_if=unless(()))
    ] = ()
    """What has one name is one kind of day."""
    rain_mm: Annotated[
        tuple[Rain, ...], Field(description="pairs day:mm of rain like 2026-06-12:34", exclude_if=unless(()))
    ] = ()
    """As far as it was measured, or is forecast."""


class DaysOfKinds(NamedTuple):
    """Between two days."""

    everywhere: Mapping[str, frozenset[date]]
    """By kind of day."""
    markets: Mapping[str, frozenset[date]]
    """By zone, of the kind `MARKET`."""


def days_of_kinds(special: SpecialDays, first: date, last: date) -> DaysOfKinds:
    """Which days are of which kind, both ends included."""
    kinds: dict[str, set[date]] = {}
    if special.country is not None:
        kinds |= {kind: set(days) for kind, days in feasts_of(special.country, first.year, last.year).items()}
    for day, name in (text.split(":") for text in special.named):
        kinds.setdefault(name, set()).add(date.fromisoformat(day))
    for day, rain_mm in (text.split(":") for text in special.rain_mm):
        if float(rain_mm) >= HEAVY_RAIN_MM:
            kinds.setdefault(RAIN, set()).add(date.fromisoformat(day))
    markets: dict[str, set[date]] = {}
    for zone, weekday in (text.split(":") for text in special.market_weekdays):
        wait = (_WEEKDAYS[weekday] - first.weekday()) % 7
        markets.setdefault(zone, set()).update(_every(7, first + timedelta(days=wait), last))
    for zone, every, some_day in (text.split(":") for text in special.market_every):
        wait = (date.fromisoformat(some_day) - first).days % int(every)
        markets.setdefault(zone, set()).update(_every(int(every), first + timedelta(days=wait), last))
    return DaysOfKinds(
        {kind: frozenset(day for day in days if first <= day <= last) for kind, days in kinds.items()},
        {zone: frozenset(days) for zone, days in markets.items()},
    )


def check_special_days(
    special: SpecialDays, zones: frozenset[str], line_of: Callable[[list[str]], int | None], findings: Findings
) -> None:
    """Report markets in zones that there are not."""
    for key in ("market_weekdays", "market_every"):
        for text in getattr(special, key):
            zone = text.partition(":")[0]
            if zone not in zones:
                path = ["special_days", key]
                told = messages.NO_SUCH.format(file="zones.geojson", hint=messages.near(zone, zones))
                findings.error("city.toml", told, line=line_of(path), place=f"key {'.'.join(path)}", value=text)


def _every(days: int, first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(0, (last - first).days + 1, days))
