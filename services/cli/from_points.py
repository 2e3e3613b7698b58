"""`tournee city from-points`: a city folder from a plain list of containers, its doubts told before it is written."""

import codecs
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from services.city import messages
from services.city.assumed import Large
from services.city.findings import WrongFile
from services.city.from_points import About, LonLat, MadeCity, make_city, notes
from services.city.list_columns import ListUnit
from services.city.numbers import Answer
from services.city.points import ListOptions, PointList, read_points
from services.city.registry import City, Depot, Prices, Zone
from services.city.write import write_folder
from services.cli.shared import WRONG, console, read_or_exit, show_findings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

COLUMNS = ("litres", "count")


def from_points(
    csv: Annotated[Path, typer.Argument(metavar="CSV", help="Columns name, lon, lat, litres.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write.")],
    city_id: Annotated[str, typer.Option("--id", help="Id of the city: small letters, digits and '-'.")],
    name: Annotated[str, typer.Option(help="Name of the city.")],
    timezone: Annotated[str, typer.Option(help="Like Africa/Porto-Novo.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217, like XOF.")] = "USD",
    fuel_price: Annotated[float | None, typer.Option(help="Per litre. Default: 1, costs in litres of fuel.")] = None,
    population: Annotated[int, typer.Option(min=0, help="People in the city, 0 = not known.")] = 0,
    trucks: Annotated[int | None, typer.Option(min=1, max=500, help="Default: enough to empty all in one day.")] = None,
    depot: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Default: in the middle.")] = None,
    disposal: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Default: 8 km to the north.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the list, like cp1252. Default: UTF-8.")] = None,
    numbers: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=thousands|decimals", help="What 6.500 is in a column: litres, count."),
    ] = None,
    unit: Annotated[
        ListUnit | None, typer.Option(metavar="l|m3", help="Of the column of litres. Default: as its name says.")
    ] = None,
    count: Annotated[str | None, typer.Option(metavar="COLUMN", help="How many containers a row stands for.")] = None,
    large: Annotated[
        Large | None, typer.Option(metavar="street|skip", help="How containers over 2,000 L are emptied.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Make a city folder from a plain list of containers; what the list cannot tell is assumed and marked."""
    _check_out(out, force=force)
    about = About(
        city_id=city_id,
        name=name,
        timezone=timezone,
        currency=currency,
        fuel_per_l=fuel_price,
        population=population,
        trucks=trucks,
        depot=_lon_lat(depot, "--depot"),
        disposal=_lon_lat(disposal, "--disposal"),
        large=large,
    )
    options = ListOptions(_known_encoding(encoding), _answers(numbers or []), unit, count)
    made = _made(_points_or_exit(csv, options), about)
    for consequence in made.consequences:
        console.print(Text(f"  {consequence}", style="yellow"))
    try:
        write_folder(made.registry, out, notes=notes(made.registry.city, made.consequences))
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}", param_hint="--out") from error
    read_or_exit(out, show_all=False)
    console.print(f"[green]Written to {out}[/green]. What to do next stands at the top of {out / 'city.toml'}")


def _points_or_exit(csv: Path, options: ListOptions) -> PointList:
    """The list, its warnings shown; of a wrong one the errors too, and the command ends with 1."""
    try:
        points = read_points(csv, options)
    except WrongFile as wrong:
        show_findings("error", wrong.errors, "red", show_all=False)
        show_findings("warning", wrong.warnings, "yellow", show_all=False)
        raise typer.Exit(WRONG) from wrong
    show_findings("warning", points.warnings, "yellow", show_all=False)
    return points


def _made(points: PointList, about: About) -> MadeCity:
    try:
        return make_city(points, **about)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(_usage(fault) for fault in error.errors())) from error


def _usage(fault: "ErrorDetails") -> str:
    """A wrong option, in the words that a wrong cell is told."""
    name = str(fault["loc"][-1])
    field = {**Depot.model_fields, **Zone.model_fields, **Prices.model_fields, **City.model_fields}.get(name)
    expected = messages.expected(field) if field else fault["msg"]
    return f'{name} "{fault["input"]}": expected {expected}'


def _check_out(out: Path, *, force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file", param_hint="--out")
    if not force and out.exists() and any(out.iterdir()):
        raise typer.BadParameter(f"{out} is not empty: give another folder, or --force", param_hint="--out")


def _lon_lat(text: str | None, option: str) -> LonLat | None:
    if text is None:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("expected LON,LAT in degrees, like 2.43,6.37", param_hint=option) from error
    return lon, lat


def _known_encoding(name: str | None) -> str | None:
    """The name as Python knows it; only those that texts are in."""
    if name is None:
        return None
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:  # ValueError: a name with a NUL
        hint = "expected an encoding like utf-8, cp1252, mac_roman, cp850 or cp1256"
        raise typer.BadParameter(hint, param_hint="--encoding") from error


def _answers(texts: list[str]) -> dict[str, Answer]:
    answers = {}
    for text in texts:
        column, _, answer = text.partition("=")
        if column not in COLUMNS or answer not in tuple(Answer):
            expected = "expected litres=thousands, litres=decimals, count=thousands or count=decimals"
            raise typer.BadParameter(expected, param_hint="--numbers")
        answers[column] = Answer(answer)
    return answers
