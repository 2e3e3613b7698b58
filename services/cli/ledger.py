"""`tournee ledger ...`: the baseline and who accepted it, fuel receipts and coefficients, the log, the replay."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.text import Text

from services.cli.shared import SHOWN, WRONG, ShowAll, console

if TYPE_CHECKING:
    from services.city.registry import Registry
    from services.ledger.calibration import TruckCalibration
    from services.ledger.frozen import FrozenBaseline
    from services.ledger.learned import Driven
    from services.store.connection import Connection

ledger_app = typer.Typer()

City = Annotated[str, typer.Argument(metavar="CITY", help="The id of a loaded city, as in its city.toml.")]
DAY = ["%Y-%m-%d"]
First = Annotated[datetime, typer.Option("--from", formats=DAY, help="First day, like 2026-11-01.")]
Last = Annotated[datetime, typer.Option("--to", formats=DAY, help="Last day, like 2026-11-28.")]
Who = Annotated[str, typer.Option("--by", help="Who does it, for the audit.")]
Flaws = Annotated[list[str] | None, typer.Option("--flaw", help="What is known to be wrong in it; may be repeated.")]


@ledger_app.command("freeze-baseline")
def freeze_command(city: City, who: Who, flaw: Flaws = None) -> None:
    """Put down the fixed circuits of the city folder as a baseline that never changes."""
    from services.ledger.frozen import baseline_of_folder  # noqa: PLC0415

    with _store() as connection:
        registry, version = _registry(connection, city)
        _put_down(connection, baseline_of_folder(registry, version, flaw or ()), who)


@ledger_app.command("learn-baseline")
def learn_command(city: City, first: First, last: Last, who: Who, flaw: Flaws = None) -> None:
    """Learn the fixed circuits from at least four weeks of truck positions before the change, and put them down."""
    from services.ledger.learned import learn_baseline  # noqa: PLC0415

    with _store() as connection:
        registry, version = _registry(connection, city)

        driven = _driven(connection, registry, first.date(), last.date())
        learned = learn_baseline(registry, version, driven, first.date(), last.date())
        more = learned.model_copy(update={"known_flaws": (*learned.known_flaws, *(flaw or ()))})
        _put_down(connection, more, who)


@ledger_app.command("accept-baseline")
def accept_command(
    city: City,
    version: Annotated[int, typer.Argument(help="Of the baseline: tournee ledger baselines CITY")],
    valid_from: Annotated[
        datetime, typer.Option("--from", formats=DAY, help="The first day that is not driven by it any more.")
    ],
    who: Annotated[str, typer.Option("--by", help="The login of an account of the municipality.")],
) -> None:
    """Note that the municipality accepts a baseline. From then on it stands; a change is a new version."""
    from services.ledger.books import accept_baseline  # noqa: PLC0415

    with _store() as connection:
        accept_baseline(connection, city, version, valid_from=valid_from.date(), who=who, now=_now())
    console.print(Text(f"Baseline {version} of {city} counts from {valid_from:%Y-%m-%d} on; accepted by {who}."))


@ledger_app.command("baselines")
def baselines_command(city: City) -> None:
    """List all baselines of a city, with what is known to be wrong in them and who accepted them."""
    from services.ledger.books import list_baselines  # noqa: PLC0415

    with _store() as connection:
        _registry(connection, city)
        kept = list_baselines(connection, city)
    if not kept:
        console.print(f"No baseline is put down: tournee ledger freeze-baseline {city} --by NAME")
    for row in kept:
        accepted = "accepted by nobody"
        if row.valid_from is not None and row.accepted_at is not None:
            accepted = f"counts from {row.valid_from} on, accepted {row.accepted_at:%Y-%m-%d} by {row.accepted_by}"
            accepted += f" ({row.role})"
        console.print(Text(f"version {row.version}: {_told(row.frozen)}; {accepted}", style="bold"))
        console.print(Text(f"  put down {row.made_at:%Y-%m-%d %H:%M} UTC by {row.made_by}, sha256 {row.sha256}"))
        for known in row.frozen.known_flaws:
            console.print(Text(f"  known flaw: {known}"))


@ledger_app.command("receipts")
def receipts_command(city: City, file: Annotated[Path, typer.Argument(metavar="FILE.csv")], who: Who) -> None:
    """Load fuel receipts or CAN litres: receipt, truck, filled_at, fuel_l, odometer_km, source (receipt or can)."""
    from services.ledger.books import add_receipts  # noqa: PLC0415
    from services.ledger.receipts import odometer_faults, read_receipts  # noqa: PLC0415

    with _store() as connection:
        registry, _ = _registry(connection, city)
        receipts = read_receipts(file, {truck.id for truck in registry.trucks}, registry.city.zone_info)
        added = add_receipts(connection, city, receipts, who=who, now=_now())
    for fault in odometer_faults(receipts)[:SHOWN]:
        console.print(Text(fault, style="yellow"))
    console.print(f"{added} receipts added, {len(receipts) - added} were there already.")


@ledger_app.command("calibrate")
def calibrate_command(
    city: City,
    who: Who,
    gps_from: Annotated[
        datetime | None, typer.Option(formats=DAY, help="First day before the change whose positions are used too.")
    ] = None,
) -> None:
    """Learn each truck's fuel coefficients from its litres and its measured work; with too little it keeps defaults."""
    from services.ledger.books import add_calibration, list_lines, list_receipts  # noqa: PLC0415
    from services.ledger.calibration import calibrate, works_before, works_of  # noqa: PLC0415
    from services.planning.problem import fuel_models  # noqa: PLC0415
    from services.times import local_day  # noqa: PLC0415

    with _store() as connection:
        registry, _ = _registry(connection, city)
        lines = list_lines(connection, city, date(2000, 1, 1), date(2199, 12, 31))
        receipts = list_receipts(connection, city)
        now, zone = _now(), registry.city.zone_info
        works = works_of(lines)
        if gps_from is not None:
            last = min((line.day for line in lines), default=local_day(now, zone)) - timedelta(days=1)
            works = [*works_before(registry, _driven(connection, registry, gps_from.date(), last)), *works]
        found = calibrate(city, zone, receipts, works, fuel_models(registry), until=now)
        for row in found.trucks:
            console.print(Text(_fuel_told(row)))
        if not any(row.verdict == "calibrated" for row in found.trucks):
            console.print("No truck has enough litres yet: nothing is kept, and figures stay provisional.")
            raise typer.Exit(WRONG)
        version = add_calibration(connection, found, who=who, now=now)
    console.print(f"Kept as calibration {version}; days since {found.first_day} are counted again.")


@ledger_app.command("litres")
def litres_command(city: City, first: First, last: Last) -> None:
    """Hold metered litres against modelled ones, truck by truck, over the days between two fillings."""
    from services.ledger.books import list_lines, list_receipts  # noqa: PLC0415
    from services.ledger.metered import metered_of  # noqa: PLC0415

    with _store() as connection:
        registry, _ = _registry(connection, city)
        lines = list_lines(connection, city, first.date(), last.date())
        receipts = list_receipts(connection, city)
    found = metered_of(lines, receipts, first.date(), last.date(), registry.city.zone_info)
    if found is None:
        console.print("No line of these days says litres by truck: count them again (tournee city recount).")
        raise typer.Exit(WRONG)
    for row in found.trucks:
        off = "" if row.off_ratio is None else f" ({row.off_ratio:+.1%})"
        days = f"{row.first} to {row.last}, {row.fillings} fillings"
        told = f"{row.truck}: metered {row.metered_l:.1f} L, modelled {row.modelled_l:.1f} L{off}; {days}"
        console.print(Text(told))
    console.print(f"{found.share:.0%} of {found.modelled_l:.0f} modelled litres lie between two fillings.")


@ledger_app.command("note")
def note_command(
    city: City,
    first: First,
    last: Last,
    kind: Annotated[str, typer.Option(help="strike, site_closed, flood or other.")],
    remark: Annotated[str, typer.Option(help="What happened, in words.")],
    who: Who,
) -> None:
    """Log an event that no circuit could help. On days of a strike the fixed circuits would not have driven either."""
    from services.contracts.ledger import EventKind  # noqa: PLC0415
    from services.ledger.books import LoggedEvent, add_event  # noqa: PLC0415

    if kind not in get_args(EventKind):
        raise typer.BadParameter(f"{kind}; expected {', '.join(get_args(EventKind))}", param_hint="--kind")
    if last < first:
        raise typer.BadParameter(f"{last:%Y-%m-%d} is before {first:%Y-%m-%d}", param_hint="--to")
    with _store() as connection:
        _registry(connection, city)
        event = LoggedEvent(kind, first.date(), last.date(), remark, who, _now())  # type: ignore[arg-type]
        add_event(connection, city, event)
    console.print("Logged; the days are counted again.")


@ledger_app.command("log")
def log_command(city: City) -> None:
    """List the log of non-routine events."""
    from services.ledger.books import list_events  # noqa: PLC0415

    with _store() as connection:
        _registry(connection, city)
        events = list_events(connection, city, date(2000, 1, 1), date(2199, 12, 31))
    for event in events:
        told = f"{event.first_day} to {event.last_day} {event.kind}: {event.remark}"
        console.print(Text(f"{told} ({event.noted_by}, {event.noted_at:%Y-%m-%d %H:%M} UTC)"))


@ledger_app.command("population")
def population_command(
    city: City,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")],
    source: Annotated[str, typer.Option(help="Whose grid it is and of which year, for every page that uses it.")],
    who: Who,
) -> None:
    """Load a population grid: lon, lat, people of each cell. Until there is one, zones' people are spread evenly."""
    from services.ledger.coverage_store import add_grid  # noqa: PLC0415
    from services.ledger.people import people_of, read_grid  # noqa: PLC0415

    with _store() as connection:
        registry, _ = _registry(connection, city)
        grid = read_grid(file, registry)
        within = float(people_of(registry, grid).count.sum())
        version, is_new = add_grid(connection, city, grid, source=source, who=who, now=_now())
    listed = sum(zone.population for zone in registry.zones)
    console.print(f"{len(grid.people)} cells, {within:,.0f} people within the zones (zones.geojson says {listed:,}).")
    console.print(f"{'Kept as' if is_new else 'There already as'} version {version}; coverage is computed with it.")


@ledger_app.command("coverage")
def coverage_command(city: City, day: Annotated[datetime, typer.Option(formats=DAY, help="At its end.")]) -> None:
    """Compute who is within a walk of a point that is emptied, at the end of a day, and what the others would cost."""
    from services.contracts.coverage import STEPS  # noqa: PLC0415
    from services.ledger.coverage_store import load_basis  # noqa: PLC0415
    from services.ledger.covering import computed_coverage  # noqa: PLC0415
    from services.roads.osm.city_roads import roads_of  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    with _store() as connection:
        _registry(connection, city)
        with connection.transaction():
            basis = load_basis(connection, city, day.date())
    if basis is None:
        raise typer.Exit(WRONG)
    told = computed_coverage(basis, day.date(), _now(), partial(roads_of, data_folder=settings().data_folder))
    steps = ", ".join(f"{step} {told.people(step):,.0f}" for step in STEPS)
    console.print(f"{told.served_people:,.0f} of {told.population:,.0f} people served: {steps}")
    console.print(f"within {told.walk_m:.0f} m, {told.times_a_week} times a week, {told.weeks_known} weeks known")
    for zone in sorted(told.zones, key=lambda zone: -zone.unserved_people):
        if zone.cost is not None:
            cost = f"{zone.cost.fuel_l:.0f} L, {zone.cost.crew_s / 3600:.1f} h, {zone.cost.money:,.0f} {told.currency}"
            console.print(Text(f"{zone.zone}: {zone.unserved_people:,.0f} unserved; {cost} a week would serve them"))
        elif zone.no_cost is not None:
            console.print(Text(f"{zone.zone}: {zone.unserved_people:,.0f} unserved; no cost ({zone.no_cost})"))


@ledger_app.command("replay")
def replay_command(city: City, first: First, last: Last, show_all: ShowAll = False) -> None:
    """Compute every published figure again from stored events and versions; exit 1 where one differs."""
    from services.ledger.replay import replay  # noqa: PLC0415
    from services.roads.osm.city_roads import roads_of  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    lines = wrong = kept = 0
    with _store() as connection:
        _registry(connection, city)
        found = partial(roads_of, data_folder=settings().data_folder)
        for row in replay(connection, city, first.date(), last.date(), now=_now(), roads_of=found):
            lines += 1
            wrong += bool(row.differences)
            kept += row.is_track_kept
            shown = row.differences if show_all or wrong <= SHOWN else ()
            for difference in shown:
                console.print(Text(f"{row.line.day} {row.line.fleet}: {difference}", style="red"))
    if kept:
        console.print(f"{kept} lines are of days whose positions are dropped: their GPS kilometres are the lines' own.")
    console.print(f"{lines} published lines replayed, {wrong} differ.")
    if wrong or not lines:
        raise typer.Exit(WRONG)


def _driven(connection: "Connection", registry: "Registry", first: date, last: date) -> "Iterator[Driven]":
    """Positions of each local day and truck, both days included."""
    from services.roads.store import tracks_between  # noqa: PLC0415
    from services.times import instant_of  # noqa: PLC0415

    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        from_at, until = (instant_of(day + timedelta(days=more), 0, registry.city.zone_info) for more in (0, 1))
        with connection.transaction():
            for truck, fixes in tracks_between(connection, registry.city.id, from_at, until):
                yield day, truck, fixes


def _put_down(connection: "Connection", frozen: "FrozenBaseline", who: str) -> None:
    from services.ledger.books import add_baseline  # noqa: PLC0415

    version, is_new = add_baseline(connection, frozen, who=who, now=_now())
    for flaw in frozen.known_flaws:
        console.print(Text(f"known flaw: {flaw}", style="yellow"))
    state = "put down as" if is_new else "is there already as"
    console.print(Text(f"{_told(frozen)}: {state} version {version}, sha256 {frozen.sha256}"))
    console.print(f"It counts once the municipality has accepted it: tournee ledger accept-baseline {frozen.city} "
                  f"{version} --from DAY --by LOGIN")  # fmt: skip


def _fuel_told(row: "TruckCalibration") -> str:
    """A truck a line, as its tests came out."""
    fit = "" if row.cv_rmse is None or row.nmbe is None else f", CV(RMSE) {row.cv_rmse:.1%}, NMBE {row.nmbe:.1%}"
    haul, collect, stop, idle = row.per
    per = f"{haul:.3f} L/km haul, {collect:.3f} L/km collecting, {stop:.3f} L a stop, {idle:.2f} L/h standing"
    return f"{row.truck}: {row.verdict} ({row.fillings} fillings, {row.days} days{fit}): {per}"


def _told(frozen: "FrozenBaseline") -> str:
    circuits, containers = {row.circuit for row in frozen.circuits}, {row.container for row in frozen.circuits}
    source = "city folder"
    if frozen.learned_from == "gps":
        source = f"GPS of {frozen.first_day} to {frozen.last_day}"
    return f"{len(circuits)} circuits, {len(containers)} containers, {len(frozen.trucks)} trucks, from {source}"


def _registry(connection: "Connection", city: str) -> "tuple[Registry, int | None]":
    from services.city.store import find_registry  # noqa: PLC0415
    from services.city.versions import find_version  # noqa: PLC0415

    with connection.transaction():
        registry, version = find_registry(connection, city), find_version(connection, city)
    if registry is None:
        console.print(f"{city} is not loaded: tournee city load FOLDER", style="red", markup=False)
        raise typer.Exit(WRONG)
    return registry, version


def _now() -> datetime:
    from services.clock import clock_from  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    return clock_from(settings().clock).now()


@contextmanager
def _store() -> "Iterator[Connection]":
    # Here and not above: help and completion need neither a database nor its settings.
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    with connect(settings().database_url.get_secret_value(), name="ledger-books") as connection:
        yield connection
