"""A day of the city, put together from its fleets' lines: sums, and people each counted once."""

from datetime import date

import pytest

from services.contracts.ledger import SavingsComputed, ZoneServed
from services.web.figures.city_days import city_days
from tests.support.web_seed import savings_day

DAY = date(2026, 11, 2)


def line(fleet: str, served: dict[str, tuple[int, int]], *, day: date = DAY, baseline: bool = True) -> SavingsComputed:
    """A fleet's line; `served` by zone: its own containers, and how many of them were emptied often enough."""
    zones = tuple(
        ZoneServed(
            zone=zone, population=1000, containers=containers, containers_served=often,
            served_people=1000 * often / containers if containers else 0,
        )
        for zone, (containers, often) in served.items()
    )  # fmt: skip
    whole = savings_day(day, baseline=baseline)
    return whole.model_copy(update={"fleet": fleet, "zones": zones, "population": 3000})


def test_one_fleet_is_the_city() -> None:
    """A city of today reads as its lines say."""
    whole = savings_day(DAY)
    (day,) = city_days([whole])
    assert (day.driven, day.baseline, day.zones) == (whole.driven, whole.baseline, whole.zones)
    assert (day.fuel_saved_l, day.simulated, day.currency) == (whole.fuel_saved_l, True, "XOF")


def test_sums_are_of_all_fleets_and_people_count_once() -> None:
    """A zone that two tiers share: 8 of 10 lanes and 1 of 2 skips are 9 of 12 containers, so 750 of 1,000 people."""
    carts = line("carts", {"port": (10, 8), "hill": (4, 4), "lake": (0, 0)})
    lorries = line("lorries", {"port": (2, 1), "hill": (0, 0), "lake": (0, 0)})
    (day,) = city_days([carts, lorries])
    assert day.driven.fuel_l == pytest.approx(2 * carts.driven.fuel_l)
    assert day.driven.stops == 2 * carts.driven.stops
    assert day.fuel_saved_l == pytest.approx(2 * (carts.fuel_saved_l or 0))
    assert {zone.zone: zone.served_people for zone in day.zones} == {"port": 750, "hill": 1000, "lake": 0}
    assert (day.served_people, day.population) == (1750, 3000)


def test_nothing_is_compared_where_one_fleet_cannot_be() -> None:
    """Its litres are told; a saving of the others alone would be told as the city's."""
    (day,) = city_days([line("carts", {}), line("lorries", {}, baseline=False)])
    assert (day.baseline, day.fuel_saved_l, day.money_saved, day.co2e_saved_kg) == (None, None, None, None)
    assert day.driven.stops == 68


def test_days_stay_apart() -> None:
    """Lines come by day; a fleet that stays in on one of them is simply not in it."""
    days = city_days([line("carts", {}), line("lorries", {}), line("carts", {}, day=date(2026, 11, 3))])
    assert [(day.day.day, day.driven.circuits) for day in days] == [(2, 8), (3, 4)]
