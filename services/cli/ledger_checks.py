"""`tournee ledger ...`: what an auditor asks: litres against pumps, the guideline's tests, coverage, the replay."""

import os
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from services.cli.ledger_shared import DAY, City, First, Last, Who, ledger_store, now_of_clock, registry_of
from services.cli.shared import SHOWN, WRONG, ShowAll, console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.ledger.ashrae import FitTest

checks_app = typer.Typer()

FAR_OFF = 3.0
"""Times more or fewer people than the zones have, from which on a grid is doubted aloud. Assumed."""


@checks_app.command("litres")
def litres_command(city: City, first: First, last: Last) -> None:
    """Hold metered litres against modelled ones, truck by truck: of pumps between two fillings, of engines by day.

    Says what trackers tell that cannot be: counters that ran back or jumped, odometers that are not the truck's.
    """
    from services.ledger.books import list_counters, list_lines, list_litres  # noqa: PLC0415
    from services.ledger.counted import counted_of, odometer_lies  # noqa: PLC0415
    from services.ledger.metered import metered_of  # noqa: PLC0415
    from services.times import instant_of  # noqa: PLC0415

    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        lines = list_lines(connection, city, first.date(), last.date())
        zone = registry.city.zone_info
        receipts = list_litres(connection, city, zone)
        since, until = (instant_of(day.date() + timedelta(days=n), 0, zone) for day, n in ((first, -1), (last, 1)))
        counters = list_counters(connection, city, since, until)
    driven_m = {
        (work.truck, line.day): work.haul_m + work.collect_m
        for line in lines
        for work in line.works
        if work.is_measured
    }
    for fault in (*counted_of(counters, zone).faults, *odometer_lies(counters, driven_m, zone)):
        console.print(Text(fault, style="yellow"))
    found = metered_of(lines, receipts, first.date(), last.date(), zone)
    if found is None:
        console.print("No line of these days says litres by truck: count them again (tournee city recount).")
        raise typer.Exit(WRONG)
    for row in found.trucks:
        off = "" if row.off_ratio is None else f" ({row.off_ratio:+.1%})"
        days = f"{row.first} to {row.last}, {row.fillings} {'fillings' if row.source == 'receipt' else 'stretches'}"
        days += {"can": ", engine", "tracker": ", engine by its tracker"}.get(row.source, "")
        told = f"{row.truck}: metered {row.metered_l:.1f} L, modelled {row.modelled_l:.1f} L{off}; {days}"
        console.print(Text(told))
    for row in found.unbelieved:
        told = f"its tracker tells {row.metered_l:.1f} L where the model has {row.modelled_l:.1f}"
        console.print(Text(f"{row.truck}: {told}: another unit than litres, and counted nowhere", style="yellow"))
    console.print(f"{found.share:.0%} of {found.modelled_l:.0f} modelled litres lie between two fillings.")


@checks_app.command("tests")
def tests_command(city: City, first: First, last: Last) -> None:
    """Hold each truck's fuel model against ASHRAE Guideline 14, and the period's saving too; exit 1 where one fails."""
    from services.ledger.ashrae import MOST_UNCERTAIN  # noqa: PLC0415
    from services.ledger.books import find_calibration, list_lines  # noqa: PLC0415
    from services.ledger.fuel_tests import tests_of  # noqa: PLC0415
    from services.ledger.period import savings_of  # noqa: PLC0415

    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        found = find_calibration(connection, city)
        lines = list_lines(connection, city, first.date(), last.date())
        period_days = registry.city.service.period_days
        after = last.date() + timedelta(days=1)
        ahead = list_lines(connection, city, after, after + timedelta(days=period_days - 2))
    if found is None:
        console.print(f"No truck's fuel is calibrated, so nothing is tested: tournee ledger calibrate {city} --by NAME")
        raise typer.Exit(WRONG)
    version, calibration = found
    savings = savings_of(lines, ahead=ahead, period_days=period_days)
    rows = tests_of(calibration, lines, savings.saved_ratio if savings else None)
    console.print(f"Calibration {version}, of {calibration.first_day} to {calibration.last_day}")
    for row in rows:
        console.print(Text(f"{row.truck}: {row.verdict} ({row.fillings} fillings, {row.days} days)"))
        show_tests(row.tests, row.uncertainty)
    failed = [row.truck for row in rows if row.passes is False]
    if savings is None or savings.uncertainty is None:
        console.print("Of these days no saving is told, so none is tested.")
    else:
        told = f"saving of the period: uncertain by {savings.uncertainty:.0%} of itself at 68 % confidence"
        _show(told, f"below {MOST_UNCERTAIN:.0%}", passes=savings.is_certain)
        failed += [] if savings.is_certain else ["saving"]
    if failed:
        raise typer.Exit(WRONG)


@checks_app.command("population")
def population_command(
    city: City,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, or a GeoTIFF (pip install 'tournee[grids]').")],
    source: Annotated[str, typer.Option(help="Whose grid it is and of which year, for every page that uses it.")],
    who: Who,
) -> None:
    """Load a population grid, CSV (lon, lat, people) or GeoTIFF. Without one, zones' people are spread evenly."""
    from services.ledger.coverage_store import add_grid  # noqa: PLC0415
    from services.ledger.people import people_of, read_grid  # noqa: PLC0415

    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        grid = read_grid(file, registry)
        within = float(people_of(registry, grid).count.sum())
        version, is_new = add_grid(connection, city, grid, source=source, who=who, now=now_of_clock())
    listed = sum(zone.population for zone in registry.zones)
    console.print(f"{len(grid.people)} cells, {within:,.0f} people within the zones (zones.geojson says {listed:,}).")
    if listed and not 1 / FAR_OFF < within / listed < FAR_OFF:
        told = f"That is {within / listed:.2g} times as many: are the cells people by square kilometre, or old?"
        console.print(Text(told, style="yellow"))
    console.print(f"{'Kept as' if is_new else 'There already as'} version {version}; coverage is computed with it.")


@checks_app.command("coverage")
def coverage_command(city: City, day: Annotated[datetime, typer.Option(formats=DAY, help="At its end.")]) -> None:
    """Compute who is within a walk of a point that is emptied, at the end of a day, and what the others would cost."""
    from services.contracts.coverage import STEPS  # noqa: PLC0415
    from services.ledger.coverage_store import load_basis  # noqa: PLC0415
    from services.ledger.covering import computed_coverage  # noqa: PLC0415
    from services.roads.osm.city_roads import roads_of  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    now = now_of_clock()
    with ledger_store() as connection:
        registry_of(connection, city)
        with connection.transaction():
            basis = load_basis(connection, city, day.date(), now)
    if basis is None:
        raise typer.Exit(WRONG)
    told = computed_coverage(basis, day.date(), now, partial(roads_of, data_folder=settings().data_folder))
    steps = ", ".join(f"{step} {told.people(step):,.0f}" for step in STEPS)
    console.print(f"{told.served_people:,.0f} of {told.population:,.0f} people served: {steps}")
    console.print(f"within {told.walk_m:.0f} m, {told.times_a_week} times a week, {told.weeks_known} weeks known")
    for zone in sorted(told.zones, key=lambda zone: -zone.unserved_people):
        if zone.cost is not None:
            cost = f"{zone.cost.fuel_l:.0f} L, {zone.cost.crew_s / 3600:.1f} h, {zone.cost.money:,.0f} {told.currency}"
            console.print(Text(f"{zone.zone}: {zone.unserved_people:,.0f} unserved; {cost} a week would serve them"))
        elif zone.no_cost is not None:
            console.print(Text(f"{zone.zone}: {zone.unserved_people:,.0f} unserved; no cost ({zone.no_cost})"))


@checks_app.command("replay")
def replay_command(
    city: City,
    first: First,
    last: Last,
    show_all: ShowAll = False,
    cores: Annotated[
        int | None, typer.Option(min=1, help="Processes that share a long replay.", show_default="all")
    ] = None,
) -> None:
    """Compute every published figure again, savings and coverage, from stored events; exit 1 where one differs."""
    from services.ledger.replay_cores import Asked, replay_on_cores  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    lines = wrong = kept = days = uncovered = 0
    with ledger_store() as connection:
        registry_of(connection, city)
    config = settings()
    asked = Asked(config.database_url.get_secret_value(), config.data_folder, city, now_of_clock())
    for some in replay_on_cores(asked, first.date(), last.date(), cores or os.cpu_count() or 1):
        for row in some.lines:
            lines += 1
            wrong += bool(row.differences)
            kept += row.is_track_kept
            _show_differences(f"{row.day} {row.fleet}", row.differences, show=show_all or wrong <= SHOWN)
        for covered in some.coverage:
            days += 1
            uncovered += bool(covered.differences)
            _show_differences(f"{covered.day} coverage", covered.differences, show=show_all or uncovered <= SHOWN)
    if kept:
        console.print(f"{kept} lines are of days whose positions are dropped: their GPS kilometres are the lines' own.")
    console.print(f"{lines} published lines replayed, {wrong} differ.")
    console.print(f"{days} days of coverage replayed, {uncovered} differ.")
    if wrong or uncovered or not lines:
        raise typer.Exit(WRONG)


def _show_differences(of: str, differences: "Sequence[str]", *, show: bool) -> None:
    for difference in differences if show else ():
        console.print(Text(f"{of}: {difference}", style="red"))


def show_tests(tests: "Sequence[FitTest]", uncertainty: float | None = None) -> None:
    """A truck's, each with its limit and how it came out; `uncertainty` of a saving by its model, where one is told."""
    from services.ledger.ashrae import MOST_UNCERTAIN  # noqa: PLC0415

    for test, points in zip(tests, ("fillings", "months"), strict=False):
        of = f"of {test.points} {points}"
        _show(f"  CV(RMSE) {of} {test.cv_rmse:.1%}", f"at most {test.most_cv_rmse:.0%}", passes=test.is_close)
        _show(f"  NMBE {of} {test.nmbe:+.1%}", f"at most {test.most_nmbe:.0%}", passes=test.is_unbiased)
    if uncertainty is not None:
        told = f"  saving by this model uncertain by {uncertainty:.0%} of itself at 68 % confidence"
        _show(told, f"below {MOST_UNCERTAIN:.0%}", passes=uncertainty < MOST_UNCERTAIN)
    if not tests:
        console.print("  not tested: too few litres; the coefficients of its class count")


def _show(told: str, limit: str, *, passes: bool) -> None:
    console.print(Text(f"{told} ({limit}): {'pass' if passes else 'fail'}", style="green" if passes else "red"))
