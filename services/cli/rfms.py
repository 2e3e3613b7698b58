"""`tournee ledger rfms`: litres that engines counted, from a maker's cloud, as a file of receipts."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer

from services.city.store import find_registry
from services.cli.shared import console
from services.edges.rfms import list_statuses, used_by_day
from services.ledger.receipts import COLUMNS
from services.settings import settings
from services.store.connection import connect

DAY = "%Y-%m-%d"


def rfms_command(
    city: Annotated[str, typer.Argument(metavar="CITY")],
    url: Annotated[str, typer.Option("--url", help="Of the maker's rFMS 4, up to before /vehiclestatuses.")],
    vins: Annotated[Path, typer.Option("--vins", metavar="CSV", help="Columns truck and vin.")],
    first: Annotated[datetime, typer.Option("--first", formats=[DAY], help="The first day whose litres are told.")],
    last: Annotated[datetime, typer.Option("--last", formats=[DAY], help="The last.")],
    out: Annotated[Path, typer.Option("--out", metavar="CSV", help="The file of receipts to write.")],
    authorization: Annotated[
        str,
        typer.Option(envvar="TOURNEE_RFMS_AUTHORIZATION", show_envvar=True, help="The header: Bearer ... or Basic ..."),
    ],
    every_s: Annotated[float, typer.Option("--every", help="Seconds between two requests, as the maker allows.")] = 10,
) -> None:
    """Ask a maker's cloud (rFMS 4) what trucks used by day; `tournee ledger receipts` then loads the file.

    The day before the first is asked for too: what is used is the difference of two counters.
    """
    with connect(settings().database_url.get_secret_value(), name="rfms") as connection:
        registry = find_registry(connection, city)
    if registry is None:
        raise typer.BadParameter(f"there is no city {city} in the store: tournee city load FOLDER")
    zone = registry.city.zone_info
    trucks = _trucks(vins, {truck.id for truck in registry.trucks})
    begin = first.replace(tzinfo=zone) - timedelta(days=1)
    end = last.replace(tzinfo=zone) + timedelta(days=1)
    with httpx.Client(headers={"Authorization": authorization}) as client:
        statuses = list(list_statuses(client, url, begin, end, every_s=every_s))
    used, faults = used_by_day(statuses, trucks, zone)
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for row in used:
            number = f"rfms-{row.truck}-{row.at:%Y%m%dT%H%M%SZ}"
            rows.writerow(
                (number, row.truck, row.at.isoformat(), row.fuel_l, row.odometer_km or "", "can", row.since.isoformat())
            )
    for fault in faults:
        console.print(f"  {fault}", style="yellow")
    console.print(
        f"{len(used)} days of {len(trucks)} trucks from {len(statuses)} statuses: tournee ledger receipts {city} {out}"
    )


def _trucks(file: Path, known: set[str]) -> dict[str, str]:
    """The truck of each VIN."""
    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read as UTF-8 text: {error}") from error
    if not rows or not {"truck", "vin"} <= rows[0].keys():
        raise typer.BadParameter(f"{file}: expected the columns truck and vin, and a line a truck")
    wrong = [f"{row['truck']}" for row in rows if row["truck"] not in known]
    if wrong:
        raise typer.BadParameter(f"{file}: {', '.join(wrong[:10])}: expected ids of trucks.csv")
    return {str(row["vin"]).strip(): str(row["truck"]) for row in rows}
