"""How full will it be, and is it due."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.city.registry import (
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Planning,
    Prices,
    Registry,
    Truck,
    TruckClass,
    Zone,
)
from services.contracts.planning import ContainerForecast
from services.fill.belief import Belief
from services.fill.due import forecasts_of_day, overflow_prize
from services.fill.forecast import FillLine, forecast

EMPTIED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def belief_from(points: list[tuple[float, float]], **known: object) -> Belief:
    """A container with readings at (days since emptied, fill)."""
    return Belief(
        emptied_at=EMPTIED,
        epoch_at=EMPTIED,
        readings=len(points),
        sum_x=sum(x for x, _ in points),
        sum_y=sum(y for _, y in points),
        sum_xx=sum(x * x for x, _ in points),
        sum_xy=sum(x * y for x, y in points),
        **known,  # type: ignore[arg-type]
    )


def test_many_readings_outweigh_the_prior() -> None:
    """Two days of readings rising by 0.3 a day are believed over a kind that says 0.8."""
    points = [(n / 24, 0.05 + 0.3 * n / 24) for n in range(49)]
    line = forecast(belief_from(points), 0.8, unknown_since=EMPTIED)
    # 49 hourly readings: Sxx = 49 * (49^2 - 1) / 12 / 24^2 = 17.0 days^2, precision 17.0 / 0.08^2 = 2659;
    # prior precision 1 / (0.6 * 0.8)^2 = 4.3, so the slope is (2659 * 0.3 + 4.3 * 0.8) / 2663.3 = 0.3008.
    assert line.fill_per_day == pytest.approx(0.3008, abs=1e-3)
    assert line.at(EMPTIED + timedelta(days=2)) == pytest.approx(0.65, abs=0.01)
    assert line.evidence == "readings"


def test_one_reading_gives_the_level_and_the_usual_rate_the_slope() -> None:
    """With thin data the container's own past speaks before its kind."""
    line = forecast(belief_from([(0.5, 0.25)], usual_fill_per_day=0.4), 0.9, unknown_since=EMPTIED)
    assert line.fill_per_day == pytest.approx(0.4)
    assert line.at(EMPTIED + timedelta(days=1.5)) == pytest.approx(0.25 + 0.4)


def test_without_sensor_it_fills_from_its_last_emptying() -> None:
    """A container without sensor is planned by its kind's rate."""
    line = forecast(Belief(emptied_at=EMPTIED), 0.5, unknown_since=EMPTIED - timedelta(days=9))
    assert line.at(EMPTIED + timedelta(days=1)) == pytest.approx(0.5)
    assert line.evidence == "prior"


def test_forecast_never_falls_nor_grows_beyond_a_heap() -> None:
    """A sensor that drifts down says nothing about waste leaving by itself."""
    falling = forecast(belief_from([(0.0, 0.9), (1.0, 0.1)] * 20), 0.5, unknown_since=EMPTIED)
    assert falling.fill_per_day == 0.0
    assert FillLine(EMPTIED, 1.0, 5.0, "readings").at(EMPTIED + timedelta(days=9)) == 1.5


def test_overflow_prize_is_the_expected_litres_beside_the_container() -> None:
    """At a mean of exactly full, half of the spread's mass spills: 0.12 / sqrt(2 pi) = 0.0479 of the volume."""
    line = FillLine(EMPTIED, 1.0, 0.0, "readings")
    assert overflow_prize(line, EMPTIED, 1000, 2.0) == pytest.approx(1000 * 0.0479 * 2.0, rel=1e-2)


def registry_of(*containers: Container, **rules: object) -> Registry:
    """A small city: one truck from 06:00 to 14:00 UTC, so a container is emptied at 10:00."""
    return Registry(
        city=City(
            schema="tournee/city/1",
            id="porto",
            name="Porto",
            timezone="UTC",
            currency="XOF",
            prices=Prices(fuel_per_l=700, crew_per_h=2600),
            planning=Planning(**rules),  # type: ignore[arg-type]
        ),
        zones=(Zone(id="z", name="Z", population=100),),
        zone_shapes={},
        container_kinds=(ContainerKind(id="bin", name="Bin", service_s=60, kg_per_l=0.25, fill_per_day=0.3),),
        containers=containers,
        truck_classes=(
            TruckClass(
                id="big",
                name="Big",
                capacity_kg=8000,
                capacity_l=16000,
                compaction=2,
                max_trips=3,
                fixed_cost=0,
                drive_l_per_km=0.5,
                per_stop_l=0.05,
                idle_l_per_h=3,
            ),
        ),
        trucks=(Truck(id="T1", truck_class="big", depot="D", shift_from=time(6), shift_to=time(14)),),
        depots=(Depot(id="D", name="D", lon=2.4, lat=6.4),),
        disposal_sites=(
            DisposalSite(id="L", name="L", lon=2.5, lat=6.4, service_s=600, open_from=time(6), open_to=time(18)),
        ),
        baseline=(),
    )


def container(name: str) -> Container:
    return Container(id=name, name=name, lon=2.41, lat=6.41, kind="bin", capacity_l=1000, zone="z")


def only(beliefs: dict[str, Belief], day: date, **rules: object) -> ContainerForecast:
    (told,) = forecasts_of_day(registry_of(container("C1"), **rules), beliefs, day)
    return told


def test_full_container_is_required_with_its_load() -> None:
    """At 10:00 it holds 0.9 of 1000 l, 0.25 kg each."""
    at_ten = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    belief = belief_from([(22 / 24, 0.9)])
    assert belief.epoch_at == at_ten - timedelta(hours=22)
    told = only({"C1": belief}, at_ten.date())
    assert (told.due, told.required, told.demand_l, told.demand_kg) == ("full", True, 900.0, 225.0)


def test_nearly_full_container_is_offered_not_required() -> None:
    """0.6 now and 0.3 a day: 0.9 before the next truck can come; worth a detour, not a must."""
    told = only({"C1": belief_from([(22 / 24, 0.6)])}, date(2026, 3, 2))
    assert (told.due, told.required) == ("full_by_next_round", False)
    assert told.prize > 0


def test_slow_container_is_due_when_the_promise_would_be_broken() -> None:
    """Emptied two days ago and promised every three: left today, it would be three days at the next round."""
    belief = belief_from([(1.9, 0.1)])
    kept = only({"C1": belief}, date(2026, 3, 3))  # 10:00 is 1.92 days after; next round 2.92
    broken = only({"C1": belief}, date(2026, 3, 4))
    assert (kept.due, broken.due, broken.required) == (None, "too_long_since_emptied", True)


def test_container_never_heard_of_is_due() -> None:
    """On the first day nobody knows: it is looked after, not forgotten."""
    assert only({}, date(2026, 3, 2)).required
