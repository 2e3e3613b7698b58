"""What the fixed circuits would have driven on a day, with fills of their own emptyings."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from services.contracts.planning import ContainerForecast
from services.ledger.counterfactual import Counterfactual, counterfactual_of_day
from services.ledger.driving import Scale
from services.ledger.frozen import baseline_of_folder
from services.ledger.fuel import FuelBook, TruckFuel
from services.roads.roads import EstimatedRoads
from tests.support.example_town import example_town

MONDAY, TUESDAY, WEDNESDAY, SUNDAY = (date(2026, 3, n) for n in (2, 3, 4, 8))
type Told = Callable[..., Counterfactual]


@pytest.fixture
def told() -> Told:
    """The counterfactual of the example town, whose containers fill by a fifth a day unless said."""
    town = example_town()

    def compute(
        day: date, rate: float = 0.2, *, fill: float = 0.5, rests: tuple[date, ...] = (), **changes: object
    ) -> Counterfactual:
        forecasts = [
            ContainerForecast(
                container=container.id, fill_ratio=fill, fill_per_day=rate, evidence="prior", due=None,
                demand_kg=fill * 10, demand_l=fill * 40,
            )
            for container in town.containers
        ]  # fmt: skip
        usual: dict[str, object] = {
            "fleet": "main", "fuel": FuelBook(), "scale": Scale(), "roads": EstimatedRoads(town.city.roads),
        }  # fmt: skip
        return counterfactual_of_day(
            town,
            baseline_of_folder(town, 1),
            forecasts,
            day,
            rests=rests,
            **(usual | changes),  # type: ignore[arg-type]
        )

    return compute


def test_the_plans_own_emptyings_change_nothing(told: Told) -> None:
    """However full the plan expects the containers to be, the fixed circuits find what they left to fill."""
    assert told(MONDAY, fill=0.1) == told(MONDAY, fill=1.4)


def test_waste_is_that_of_the_days_since_its_own_round(told: Told) -> None:
    """Wednesday's centre has filled for two days: 0.4 of 6000 L at 0.3 kg and of 4 times 1100 L at 0.25 kg."""
    wednesday = told(WEDNESDAY)
    assert wednesday.figures.stops == 5
    assert wednesday.figures.collected_kg == pytest.approx(0.4 * (6000 * 0.3 + 4 * 1100 * 0.25), abs=0.1)
    after_strike = told(WEDNESDAY, rests=(MONDAY,))  # since Friday: five days
    assert after_strike.figures.collected_kg == pytest.approx(1.0 * (6000 * 0.3 + 4 * 1100 * 0.25), abs=0.1)


def test_on_a_day_of_strike_nobody_would_have_driven(told: Told) -> None:
    figures = told(MONDAY, rests=(MONDAY,)).figures
    assert (figures.circuits, figures.stops, figures.fuel_l, figures.distance_m) == (0, 0, 0, 0)
    assert told(SUNDAY).figures.stops == 0  # no list of the town has a Sunday


def test_a_longer_road_is_longer_here_too(told: Told) -> None:
    """The day's road and pace factors apply as on the driven side."""
    plain, scaled = told(MONDAY), told(MONDAY, scale=Scale(1.2, 1.5))
    assert scaled.figures.distance_m == pytest.approx(1.2 * plain.figures.distance_m, rel=1e-6)
    assert scaled.figures.duty_s == pytest.approx(1.5 * (plain.figures.duty_s or 0), rel=1e-6)
    assert scaled.figures.service_s == plain.figures.service_s


def test_haul_and_collecting_are_the_whole_way(told: Told) -> None:
    """With a litre a kilometre of haul and nothing else, litres are the kilometres of haul."""
    haul = FuelBook(
        1, {"RB-1021": TruckFuel((1.0, 0.0, 0.0, 0.0), (), True), "RB-2210": TruckFuel((1.0, 0, 0, 0), (), True)}
    )
    figures = told(MONDAY, fuel=haul).figures
    assert figures.haul_m is not None
    assert 0 < figures.haul_m < figures.distance_m
    assert figures.fuel_l == pytest.approx(figures.haul_m / 1000, abs=0.01)


def test_litres_are_shared_out_to_zones_whole(told: Told) -> None:
    """Zones' parts are all; a zone alone on its circuit is worth the whole circuit."""
    monday = told(MONDAY)  # the compactor in the centre, the tipper in Doutou
    assert sum(monday.zones_l.values()) == pytest.approx(monday.figures.fuel_l, abs=0.01)
    assert dict(monday.without_zone_l) == pytest.approx(dict(monday.zones_l))


def test_more_waste_never_burns_less(told: Told) -> None:
    """A property that a sum of whole trips has to keep; the swing says how much a day's waste matters."""
    days = [told(MONDAY, rate).figures.fuel_l for rate in (0.05, 0.2, 0.4, 0.8)]
    assert all(less <= more + 1e-9 for less, more in pairwise(days))
    assert told(MONDAY, 0.8).swing[0] >= 0


def test_a_truck_that_may_have_to_unload_once_more_costs_between_the_two(told: Told) -> None:
    """The usual load just fits; on one day in three there is too much: no step of the litres is a whole trip's."""
    days = [told(MONDAY, rate).figures for rate in np.linspace(0.5, 1.0, 51).tolist()]
    further_l = (days[-1].fuel_l - days[0].fuel_l) / (days[-1].trips - days[0].trips)
    steps_l = [more.fuel_l - less.fuel_l for less, more in pairwise(days)]
    assert max(steps_l) < 0.6 * further_l


def test_a_container_is_lifted_as_likely_as_it_is_fuller_than_nearly_empty(told: Told) -> None:
    """Thursday's four in Sè have filled for two days of a tenth: gamma of shape 8 and mean 0.2, above 0.1 in 94.9 %.

    A litre a lift and nothing else: 4 * 0.949 L. Of a container that never fills nobody lifts anything.
    """
    thursday, a_lift = date(2026, 3, 5), (0.0, 0.0, 1.0, 0.0)
    lifts = FuelBook(1, {name: TruckFuel(a_lift, (), is_calibrated=True) for name in ("RB-1021", "RB-2210")})
    of_se = told(thursday, 0.1, fuel=lifts)
    doutou = 2 * 0.9991  # since Monday, three days: shape 12, mean 0.3
    assert of_se.figures.fuel_l == pytest.approx(4 * 0.9489 + doutou, abs=0.01)
    assert told(thursday, 0.0, fuel=lifts).figures.fuel_l == 0
