"""`tournee ledger ...`: the baseline and who accepted it, fuel receipts and coefficients, the log, the replay."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.text import Text

from services.cli.ledger_checks import checks_app, show_tests
from services.cli.ledger_sensors import sensors_app
from services.cli.ledger_shared import DAY, City, First, Last, Who, ledger_store, now_of_clock, registry_of
from services.cli.shared import SHOWN, WRONG, console

if TYPE_CHECKING:
    from services.city.registry import Registry
    from services.ledger.frozen import FrozenBaseline
    from services.ledger.learned import Driven
    from services.store.connection import Connection

ledger_app = typer.Typer()
ledger_app.add_typer(checks_app)
ledger_app.add_typer(sensors_app)

Flaws = Annotated[list[str] | None, typer.Option("--flaw", help="What is known to be wrong in it; may be repeated.")]


@ledger_app.command("freeze-baseline")
def freeze_command(city: City, who: Who, flaw: Flaws = None) -> None:
    """Put down the fixed circuits of the city folder as a baseline that never changes."""
    from services.ledger.frozen import baseline_of_folder  # noqa: PLC0415

    with ledger_store() as connection:
        registry, version = registry_of(connection, city)
        _put_down(connection, baseline_of_folder(registry, version, flaw or ()), who)


@ledger_app.command("learn-baseline")
def learn_command(city: City, first: First, last: Last, who: Who, flaw: Flaws = None) -> None:
    """Learn the fixed circuits from at least four weeks of truck positions before the change, and put them down."""
    from services.ledger.learned import learn_baseline  # noqa: PLC0415

    with ledger_store() as connection:
        registry, version = registry_of(connection, city)

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

    with ledger_store() as connection:
        accept_baseline(connection, city, version, valid_from=valid_from.date(), who=who, now=now_of_clock())
    console.print(Text(f"Baseline {version} of {city} counts from {valid_from:%Y-%m-%d} on; accepted by {who}."))


@ledger_app.command("baselines")
def baselines_command(city: City) -> None:
    """List all baselines of a city, with what is known to be wrong in them and who accepted them."""
    from services.ledger.books import list_baselines  # noqa: PLC0415

    with ledger_store() as connection:
        registry_of(connection, city)
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
    """Load litres of pumps or engines: receipt, truck, filled_at, fuel_l, odometer_km, source (receipt, can), since."""
    from services.ledger.books import add_receipts  # noqa: PLC0415
    from services.ledger.receipts import odometer_faults, read_receipts  # noqa: PLC0415

    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        receipts = read_receipts(file, {truck.id for truck in registry.trucks}, registry.city.zone_info)
        added = add_receipts(connection, city, receipts, who=who, now=now_of_clock())
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
    from services.ledger.books import add_calibration, list_lines, list_litres  # noqa: PLC0415
    from services.ledger.calibration import calibrate, roads_of, works_before, works_of  # noqa: PLC0415
    from services.planning.problem import fuel_models  # noqa: PLC0415
    from services.times import local_day  # noqa: PLC0415

    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        lines = list_lines(connection, city, date(2000, 1, 1), date(2199, 12, 31))
        now, zone = now_of_clock(), registry.city.zone_info
        receipts = list_litres(connection, city, zone)
        works = works_of(lines)
        if gps_from is not None:
            last = min((line.day for line in lines), default=local_day(now, zone)) - timedelta(days=1)
            works = [*works_before(registry, _driven(connection, registry, gps_from.date(), last)), *works]
        found = calibrate(city, zone, receipts, works, fuel_models(registry), until=now, roads=roads_of(lines))
        for row in found.trucks:
            haul, collect, stop, idle = row.per
            per = f"{haul:.3f} L/km haul, {collect:.3f} L/km collecting, {stop:.3f} L a stop, {idle:.2f} L/h standing"
            console.print(Text(f"{row.truck}: {row.verdict} ({row.fillings} fillings, {row.days} days): {per}"))
            show_tests(row.tests)
        for road in found.roads:
            measured = f"{road.road_factor:.3f} times as long as estimated ({road.estimated_m / 1000:.0f} km)"
            console.print(Text(f"{road.fleet}, {road.roads} roads: {measured}"))
        if not found.roads and not any(row.verdict == "calibrated" for row in found.trucks):
            console.print("No truck has enough litres yet: nothing is kept, and figures stay provisional.")
            raise typer.Exit(WRONG)
        version = add_calibration(connection, found, who=who, now=now)
    console.print(f"Kept as calibration {version}; days since {found.first_day} are counted again.")


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
    with ledger_store() as connection:
        registry_of(connection, city)
        event = LoggedEvent(kind, first.date(), last.date(), remark, who, now_of_clock())  # type: ignore[arg-type]
        add_event(connection, city, event)
    console.print("Logged; the days are counted again.")


@ledger_app.command("log")
def log_command(city: City) -> None:
    """List the log of non-routine events."""
    from services.ledger.books import list_events  # noqa: PLC0415

    with ledger_store() as connection:
        registry_of(connection, city)
        events = list_events(connection, city, date(2000, 1, 1), date(2199, 12, 31))
    for event in events:
        told = f"{event.first_day} to {event.last_day} {event.kind}: {event.remark}"
        console.print(Text(f"{told} ({event.noted_by}, {event.noted_at:%Y-%m-%d %H:%M} UTC)"))


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

    version, is_new = add_baseline(connection, frozen, who=who, now=now_of_clock())
    for flaw in frozen.known_flaws:
        console.print(Text(f"known flaw: {flaw}", style="yellow"))
    state = "put down as" if is_new else "is there already as"
    console.print(Text(f"{_told(frozen)}: {state} version {version}, sha256 {frozen.sha256}"))
    console.print(f"It counts once the municipality has accepted it: tournee ledger accept-baseline {frozen.city} "
                  f"{version} --from DAY --by LOGIN")  # fmt: skip


def _told(frozen: "FrozenBaseline") -> str:
    circuits, containers = {row.circuit for row in frozen.circuits}, {row.container for row in frozen.circuits}
    source = "city folder"
    if frozen.learned_from == "gps":
        source = f"GPS of {frozen.first_day} to {frozen.last_day}"
    return f"{len(circuits)} circuits, {len(containers)} containers, {len(frozen.trucks)} trucks, from {source}"
