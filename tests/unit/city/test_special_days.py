"""Which days are special in a city, by its folder and by the country's own calendar."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.city.city_toml import city_text
from services.city.folder import read_folder
from services.city.special_days import SpecialDays, days_of_kinds

YEAR = date(2026, 1, 1), date(2026, 12, 31)
TABLE = """[special_days]
country = "BJ"
market_weekdays = ["{zone}:sat"]
market_every = ["{zone}:5:2026-01-03"]
named = ["2026-01-10:vodun"]
rain_mm = ["2026-06-12:34", "2026-06-13:9.5"]
"""


def with_table(folder: Path, text: str) -> None:
    file = folder / "city.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")


def test_country_gives_its_holidays_and_the_feasts_of_the_moon() -> None:
    """Benin, 2026: Eid al-Fitr on 20 March, Eid al-Adha on 27 May (estimated), independence on 1 August."""
    kinds = days_of_kinds(SpecialDays(country="BJ"), *YEAR).everywhere
    assert {date(2026, 3, 20), date(2026, 5, 27), date(2026, 8, 1)} <= kinds["holiday"]
    assert kinds["korite"] == {date(2026, 3, 20)}
    assert kinds["tabaski"] == {date(2026, 5, 27) + timedelta(days=n) for n in range(3)}
    assert (min(kinds["ramadan"]), max(kinds["ramadan"])) == (date(2026, 2, 18), date(2026, 3, 19))


def test_feast_of_which_a_country_has_several_days_off_begins_with_the_first() -> None:
    """Turkey has four days off for the sacrifice and three at the end of Ramadan: still one feast each."""
    kinds = days_of_kinds(SpecialDays(country="TR"), *YEAR).everywhere
    assert kinds["korite"] == {date(2026, 3, 20)}
    assert len(kinds["tabaski"]) == 3
    assert len(kinds["ramadan"]) == 30


def test_ramadan_that_a_year_begins_in_is_not_cut_off() -> None:
    """1997/98: from the end of December to 29 January."""
    kinds = days_of_kinds(SpecialDays(country="BJ"), date(1997, 12, 1), date(1997, 12, 31)).everywhere
    assert date(1997, 12, 31) in kinds["ramadan"]


def test_country_without_such_holidays_has_none_of_them() -> None:
    kinds = days_of_kinds(SpecialDays(country="GB-SCT"), *YEAR).everywhere
    assert date(2026, 8, 3) in kinds["holiday"]  # Scotland's summer holiday, England's is at the end of August
    assert not any(kinds[name] for name in ("ramadan", "korite", "tabaski"))


def test_market_days_count_from_any_of_them_and_weekdays_by_name() -> None:
    """From 3 January every fifth day: 29 December before it, 8 January after it; Saturdays are the 3rd and the 10th."""
    first, last = date(2025, 12, 27), date(2026, 1, 10)
    days = days_of_kinds(SpecialDays(market_every=("a:5:2026-01-03",), market_weekdays=("b:sat",)), first, last)
    assert days.everywhere == {}
    assert days.markets["a"] == {date(2025, 12, 29), date(2026, 1, 3), date(2026, 1, 8)}
    assert days.markets["b"] == {date(2025, 12, 27), date(2026, 1, 3), date(2026, 1, 10)}


def test_rain_counts_from_ten_millimetres_on() -> None:
    days = days_of_kinds(SpecialDays(rain_mm=("2026-06-12:10", "2026-06-13:9.9", "2025-06-13:50")), *YEAR)
    assert days.everywhere == {"rain": {date(2026, 6, 12)}}


def test_folder_with_special_days_is_read_and_written_back(folder: Path) -> None:
    registry = read_folder(folder).registry
    assert registry is not None
    assert registry.city.special_days == SpecialDays()
    assert "special_days" not in city_text(registry.city)
    zone = registry.zones[0].id
    with_table(folder, TABLE.format(zone=zone))
    told = read_folder(folder)
    assert told.registry is not None, told.errors
    special = told.registry.city.special_days
    assert special.country == "BJ"
    assert special.market_every == (f"{zone}:5:2026-01-03",)
    written = tomllib.loads(city_text(told.registry.city))
    assert SpecialDays.model_validate(written["special_days"]) == special


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"BJ"', '"BX"', "a country of ISO 3166"),
        ('"BJ"', '"BJ-XX"', "a country of ISO 3166"),
        (":sat", ":samstag", "zone:weekday"),
        (":5:2026-01-03", ":5:2026-02-30", "a market day"),
        (":5:2026", ":1:2026", "a market day"),
        ("2026-01-10:vodun", "10/01/2026:vodun", "day:name"),
        ('"2026-06-12:34"', '"2026-06-12:-4"', "day:mm"),
    ],
)
def test_wrong_special_day_is_told_with_its_line_and_what_is_expected(
    folder: Path, old: str, new: str, said: str
) -> None:
    zone = next(iter(read_folder(folder).registry.zones)).id  # type: ignore[union-attr]
    table = TABLE.format(zone=zone)
    assert table.count(old) == 1
    with_table(folder, table.replace(old, new))
    (error,) = read_folder(folder).errors
    assert "special_days" in str(error)
    assert said in str(error)
    assert error.line is not None


def test_market_in_a_zone_that_there_is_not_is_an_error(folder: Path) -> None:
    with_table(folder, TABLE.format(zone="nowhere"))
    errors = read_folder(folder).errors
    assert [error.value for error in errors] == ["nowhere:sat", "nowhere:5:2026-01-03"]
    assert all("zones.geojson" in str(error) for error in errors)
