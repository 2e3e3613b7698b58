"""`tournee device add --from-chirpstack` and `device key`: whose devices are, and the keys of doors."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from services.cli.shared import SHOWN, WRONG, console
from services.edges.choosing import with_own
from services.edges.door_registry import TRACKER
from services.edges.naming import Preview, preview
from services.edges.store import drop_key, list_container_names, list_namings, make_key, put_namings
from services.settings import Settings, settings
from services.store.connection import connect

ADDRESSES = {"chirpstack": "chirpstack", "ttn": "ttn", "traccar-forward": "traccar"}
"""The last word of a door's address over HTTP, of those to which a network posts."""
KEYED = ("chirpstack", "ttn", "traccar-forward", "ngsi-ld", "open311", "sms", TRACKER)
MOST_BYTES = 40 * 1024 * 1024


def add_from_list(city: str, file: Path, *, apply: bool) -> None:
    """Show what a list of DevEUIs would change, and change it where that was asked for."""
    text = _text(file)
    config = settings()
    with connect(config.database_url.get_secret_value(), name="device") as connection:
        containers = list_container_names(connection, city)
        known = list_namings(connection, city, "containers")
        found = preview(text, containers, known, with_own(config.decoder_files))
        _show(found)
        if found.faults:
            raise typer.Exit(WRONG)
        if apply:
            put_namings(connection, city, "containers", found.written)
    if found.written:
        console.print("applied" if apply else "nothing is written yet: --apply")


def key_command(
    city: Annotated[str, typer.Argument(metavar="CITY")],
    door: Annotated[str, typer.Argument(metavar="DOOR", help=", ".join(KEYED))],
    device: Annotated[str | None, typer.Argument(metavar="[TRUCK]", help="Of a tracker's key.")] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the key away.")] = False,
) -> None:
    """A new key for a door (`ngsi-ld`: for the city's portal), shown this once; the one before it is refused."""
    if door not in KEYED:
        raise typer.BadParameter(f"there is no door {door} with a key; these have one: {', '.join(KEYED)}")
    if (door == TRACKER) != (device is not None):
        raise typer.BadParameter(f"name a truck: {city} {TRACKER} TRUCK; the other doors have one key a city")
    config = settings()
    with connect(config.database_url.get_secret_value(), name="device") as connection:
        if revoke:
            drop_key(connection, city, door, device)
            typer.echo(f"the key of {door}{f' {device}' if device else ''} is gone", err=True)
            return
        typer.echo(make_key(connection, city, door, device, datetime.now(UTC)))
    if told := _where(config, city, door):
        typer.echo(told, err=True)


def _where(config: Settings, city: str, door: str) -> str | None:
    """Where a key is of use, on standard error: standard output holds nothing but the key. Of the doors of devices."""
    root = f"http://{config.edges_host}:{config.edges_port}"
    if door == TRACKER:
        return f"address: {root}/KEY, with this key; from other machines as docs/devices.md says"
    if (word := ADDRESSES.get(door)) is None:
        return None
    return (
        f"address: {root}/{city}/{word}, from other machines as docs/devices.md says\n"
        "header:  Authorization, its value the word Bearer, a space and this key"
    )


def _show(found: Preview) -> None:
    console.print(f"{len(found.new)} new · {len(found.changed)} changed · {found.same} as before")
    lines = [f"  + {new.name} is of {new.device}{_with(new.decoder)}" for new in found.new]
    lines += [
        f"  ~ {after.name} is of {after.device}{_with(after.decoder)}, not {before.device}{_with(before.decoder)}"
        for before, after in found.changed
    ]
    _some(lines, "green")
    if found.faults:
        console.print(Text(f"{len(found.faults)} wrong: nothing is written", style="bold red"))
        _some([f"  {fault}" for fault in found.faults], "red")


def _some(lines: list[str], style: str) -> None:
    for line in lines[:SHOWN]:
        console.print(Text(line, style=style))
    if len(lines) > SHOWN:
        console.print(f"  ... and {len(lines) - SHOWN} more")


def _with(decoder: str | None) -> str:
    return f" ({decoder})" if decoder else ""


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8: save it as CSV (UTF-8)") from error
