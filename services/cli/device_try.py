"""`tournee device try`: what messages of sensors and trackers would become, and why; nothing is stored."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from services.city.devices import find_container_kinds
from services.city.registry import ContainerKind
from services.cli.shared import console, registry_or_exit
from services.contracts.devices import KINDS
from services.edges.choosing import with_own
from services.edges.decoder import Decoder
from services.edges.door import Door, Moment
from services.edges.filling import fill
from services.edges.heard import Heard, Refused
from services.edges.hearing import DOORS, QUERY_BEGINS, hear
from services.errors import SettingMissing
from services.settings import broker_settings, settings
from services.store.connection import connect

MOST_BYTES = 64 * 1024 * 1024

FileOfMessages = Annotated[Path, typer.Argument(metavar="FILE", help="One JSON message, or one a line; - for stdin.")]


def try_command(
    file: FileOfMessages,
    door: Annotated[
        str | None, typer.Option("--door", metavar="NAME", help=f"{', '.join(DOORS)}; else found by the message.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="ID", help="The kind of its container, for the fill; or the name of a decoder."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="The city folder with that kind; else the store is asked.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a message.")] = False,
) -> None:
    """Show what a message would become, and why; nothing is stored."""
    if door is not None and door not in DOORS:
        raise typer.BadParameter(f"there is no door {door}; the doors are {', '.join(DOORS)}")
    decoders = with_own(broker_settings().decoder_files)
    chosen, container_kind = _chosen(kind, folder, decoders)
    now = datetime.now(UTC)
    moment = Moment(now, (chosen,) if chosen else decoders, kind=kind if kind in KINDS else None)
    for payload in _messages(_read(file)):
        heard = _heard(payload, moment, DOORS[door] if door else None, container_kind)
        _tell(heard, as_json=as_json)


def _heard(payload: bytes, moment: Moment, door: Door | None, kind: ContainerKind | None) -> Heard:
    heard = hear(payload, moment, door=door)
    try:
        fill(heard, kind)
    except Refused as refused:
        heard.rejected = heard.rejected or str(refused)
    return heard


def _chosen(
    kind: str | None, folder: Path | None, decoders: tuple[Decoder, ...]
) -> tuple[Decoder | None, ContainerKind | None]:
    """What `--kind` names: a decoder, a container kind, or (of our own messages) a kind of device."""
    if kind is None or kind in KINDS:
        return None, None
    known = _container_kinds(kind, folder)
    if known:
        if any(other.model_copy(update={"name": known[0].name}) != known[0] for other in known):
            raise typer.BadParameter(f"several cities have a container kind {kind}: give --folder")
        return None, known[0]
    decoder = next((each for each in decoders if kind.lower() in {each.name, *map(str.lower, each.models)}), None)
    if decoder is None:
        names = ", ".join(each.name for each in decoders)
        where = f"in {folder}" if folder else "in the store (or give --folder FOLDER)"
        raise typer.BadParameter(f"there is no container kind {kind} {where}, and no such decoder: {names}")
    return decoder, None


def _container_kinds(kind: str, folder: Path | None) -> list[ContainerKind]:
    if folder is not None:
        return [each for each in registry_or_exit(folder).container_kinds if each.id == kind]
    try:
        url = settings().database_url.get_secret_value()
    except SettingMissing:
        return []
    with connect(url, name="device") as connection:
        return find_container_kinds(connection, kind)


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MOST_BYTES)
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error


def _messages(data: bytes) -> Iterator[bytes]:
    """One message, those of a JSON list, or one a line."""
    plain = data.removeprefix(b"\xef\xbb\xbf").strip().rstrip(b"\0").strip()
    if not plain:
        raise typer.BadParameter("the file holds no message")
    try:
        whole = json.loads(plain)
    except (ValueError, RecursionError):
        lines = [line for line in data.split(b"\n") if line.strip()]
        yield from [data] if _is_one(lines) else lines
    else:
        yield from (json.dumps(each).encode() for each in whole) if isinstance(whole, list) else [data]


def _is_one(lines: list[bytes]) -> bool:
    """Whether the lines are those of one broken message that was written over several."""
    begins = ("{", *QUERY_BEGINS)
    begun = sum(line.decode(errors="replace").lstrip("\ufeff \t").startswith(begins) for line in lines)
    return lines[0].lstrip()[:1] in {b"{", b"["} and 2 * begun < len(lines)


def _tell(heard: Heard, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(heard.line(), ensure_ascii=False))
        return
    line = heard.line()
    what = [f"{name} {line[name]}" for name in ("door", "device", "kind", "happened_at") if line[name] is not None]
    style = "red" if heard.rejected else "green"
    console.print(Text(("rejected" if heard.rejected else "taken") + "  " + " · ".join(what), style=style))
    if heard.rejected:
        console.print(Text(f"  because   {heard.rejected}"))
    if heard.decoder:
        console.print(f"  decoder   {heard.decoder}")
    values = ("distance_mm", "fill_ratio", "battery_ratio", "temperature_c", "lat", "lon", "speed_kmh", "heading_deg")
    for name in (*values, "fuel_used_l", "odometer_m", "engine_s"):
        if (value := getattr(heard, name)) is not None:
            console.print(f"  {name:<13} {value:g}")
    if heard.distance_mm is not None and heard.fill_ratio is None and not heard.dropped:
        console.print("  fill_ratio    unknown: --kind ID says what kind of container it is in")
    for alarm in heard.alarms:
        console.print(Text(f"  alarm     {alarm}"))
    for name, told in heard.dropped:
        console.print(Text(f"  dropped   {name}: {told}"))
