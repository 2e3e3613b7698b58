"""`tournee city qr`: labels with the code that residents scan, from the containers in the store."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer


def qr_command(
    city: Annotated[str, typer.Argument(metavar="CITY")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")],
    address: Annotated[
        str, typer.Option("--address", metavar="URL", help="Of the pages, as residents open them: https://...")
    ],
    sms: Annotated[str | None, typer.Option("--sms", metavar="NUMBER", help="Where texts are taken.")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Only the containers of the zone with this name.")] = None,
) -> None:
    """Write labels to print and stick on the containers: pages of HTML, A4 sheets of eight, to open in a browser."""
    # Here and not above: the other commands of a city need no drawing.
    from services.reports.labels import label_of, write_labels  # noqa: PLC0415
    from services.reports.store import list_places  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    if urlsplit(address).scheme not in {"https", "http"} or not urlsplit(address).netloc:
        raise typer.BadParameter(f"--address {address}: expected as https://tournee.example.org")
    with connect(settings().database_url.get_secret_value(), name="city-qr") as connection:
        places = [place for place in list_places(connection, city) if zone is None or place.zone == zone]
    if not places:
        raise typer.BadParameter(f"{city} has no container in service{f' in {zone}' if zone else ''}: city load FOLDER")
    files = write_labels(out, [label_of(city, place, address, sms) for place in places])
    typer.echo(f"{len(places)} labels in {', '.join(file.name for file in files)}")
