"""Every text that a reader of a city folder's findings sees, in one place so that French can follow.

Texts say what is expected. Where a finding stands and what the cell holds is added by `findings.Finding`.
"""

import types
import typing
from collections.abc import Iterable
from datetime import time
from difflib import get_close_matches
from typing import Any, Literal, LiteralString, Union

import annotated_types as limits
from pydantic import StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

RULES: dict[str, LiteralString] = {
    "half_window": "expected a time HH:MM, because {other} has one: both or neither",
    "window_order": "expected a time before {other}",
    "break_whole": "break_s, break_from and break_to go together: all three or none",
    "no_mount": "expected a whole number, because {other} has one: a distance is measured from the sensor",
    "blind_too_far": "expected less than mount_mm",
    "too_deep": "expected at most mount_mm",
    "levels_fall": "expected at least two pairs height:litres that rise, from 0 litres, none above mount_mm",
    "two_depths": "expected nothing, because levels end at the height of a full container",
}
"""Rules over several cells of one row, by error type."""

# Files.
FOLDER_MISSING = "there is no such folder"
FOLDER_IS_FILE = "this is a file: give the folder that holds city.toml"
FILE_MISSING = "the file is missing"
FILE_IS_FOLDER = "this is a folder, not a file"
FILE_LINK = "this is a link: put the file itself into the folder"
FILE_SPECIAL = "this is no file of data (a FIFO, a socket or a device)"
FILE_EMPTY = "the file is empty"
FILE_TOO_LARGE = "the file has {size_mb:.1f} MB; at most {limit_mb:.0f} MB are read"
FILE_UNREADABLE = "the file cannot be read: {reason}"
FILE_SPREADSHEET = "this is a spreadsheet under another name: save it as CSV (UTF-8)"
FILE_GEOJSON = "this is GeoJSON, not CSV: save the layer as CSV, with its positions in the columns lon and lat"
FILE_JSON = "this is JSON, not CSV: save the table as CSV (UTF-8)"
FILE_XML = "this is XML (KML, GPX or a web page), not CSV: save the table as CSV (UTF-8)"
FILE_UTF16 = "the file is in UTF-16: save it as CSV (UTF-8)"
HINT_UTF16 = ", or say --encoding utf-16"
FILE_BINARY = "this is not a text file (NUL bytes)"
FILE_ENCODING = "the bytes here are neither UTF-8 nor Windows-1252: save the file as CSV (UTF-8)"
FILE_CP1252 = "not UTF-8: read as Windows-1252. Check the accents, and save it as UTF-8"
FILE_NOT_UTF8 = "the file is not UTF-8: save it as UTF-8"
FILE_NOT_IN = "the file is not in {encoding}: the bytes here mean nothing in it"
LIST_ENCODING = "not UTF-8, and ids are made of the names for good. Say which of these reads right:{choices}"
TOO_MANY = "more than {limit} different {kind}s in this file: the others are not listed"

# Tables.
COLUMN_MISSING = "the column is missing; expected {expected}"
COLUMN_UNKNOWN = "unknown column{hint}; the columns are {columns}"
COLUMN_DOUBLED = "the column stands twice"
COLUMN_UNNAMED = "a value under no column name: an unquoted delimiter, or a missing header"
TITLE_ROWS = "read as a title: the column names stand on line {line}"
HEADER_AGAIN = "the column names again: this line is left aside"
ROW_OF_SUMS = "a sum of the rows: this line is left aside"
LINE_BREAK = "a line break within the cell: read as a space"
ROW_BROKEN = "the row cannot be read: {reason}"
ROW_QUOTE = 'a quote (") opens in this row and never closes'
ROWS_TOO_MANY = "more than {limit} rows: the others are not read"
ROWS_NONE = "expected at least one row under the header"
EMPTY_CELL = "expected {expected}"
ID_DOUBLED = "the id stands on line {first} already: each only once"

# Numbers.
NUMBER_UNCLEAR = "{thousands} or {decimals}? Three digits after the only separator can be either. {how}"
NUMBER_PLAINLY = "Write the one that is meant"
NUMBER_IN_FOLDER = 'Write the one that is meant, or in city.toml below [numbers]: {column} = "thousands" or "decimals"'
NUMBER_IN_LIST = "Say --numbers {column}=thousands or --numbers {column}=decimals"

# Hints at how a cell came to be wrong.
HINT_SWAPPED = " (lon and lat look swapped)"
HINT_MINUS = " (a minus lost before {column}?)"
HINT_PLUS = " (a minus too many before {column}?)"
HINT_MINUSES = " (minus signs lost or too many before both?)"
HINT_DEGREES = " (degrees, minutes and seconds: write {degrees})"
HINT_COMPASS = " (no letters, and minus for south and west: write {degrees})"
HINT_PROJECTED = " (metres of a projection such as UTM: save the list in degrees, EPSG:4326)"
HINT_POINT = " (the decimal point was taken for groups of thousands: {degrees}?)"
HINT_POINT_LOST = " (the decimal point is lost or misplaced?)"
HINT_QUOTES = " (a number, without quotes)"
HINT_UNIT = " (write the number alone, without its unit)"
HINT_DIGITS = " (write it with the digits 0 to 9)"
HINT_UNSEEN = " (it holds {letters})"
CUBIC_METRES = " (cubic metres? 1 m3 = 1000 litres)"

# city.toml.
TOML_BROKEN = "not valid TOML: {reason}"
KEY_MISSING = "the key is missing; expected {expected}"
KEY_UNKNOWN = "unknown key{hint}; the keys are {keys}"
NUMBERS_TABLE = 'expected lines like truck_classes.capacity_kg = "thousands" or "decimals"'
NUMBERS_COLUMN = "no such column of numbers in {file}{hint}"

# GeoJSON.
JSON_BROKEN = "not valid JSON: {reason}"
JSON_TEXT = "the file holds a text that cannot be stored (NUL or half a surrogate pair)"
JSON_NUMBER = "NaN and Infinity are not numbers of JSON"
NOT_COLLECTION = "expected a GeoJSON FeatureCollection"
NO_FEATURES = "expected at least one zone"
NOT_FEATURE = "expected a GeoJSON Feature with properties and a geometry"
PROPERTY_MISSING = "the property is missing; expected {expected}"
PROPERTY_IGNORED = "unknown property: not read{hint}"
SHAPE_TYPE = "expected a Polygon or a MultiPolygon"
SHAPE_RING = "expected rings of at least 4 positions [lon, lat], the last equal to the first"
SHAPE_RANGE = "expected positions [lon, lat] in degrees (WGS 84, EPSG:4326){hint}"
SHAPE_PROJECTED = "; these look like metres of a projection: save the layer in EPSG:4326"
ZONE_DOUBLED = "the id stands in feature {first} already: each only once"
BASEMAP_KIND = "expected one of {kinds}; the feature is drawn as a street"

# References.
NO_SUCH = "expected an id of {file}{hint}"
STREAM_NO_TRUCK = "no truck that may come here carries this stream ({count} container(s)); expected it in trucks.csv"
STREAM_NO_SITE = "no disposal site takes this stream ({count} container(s)); expected it in disposal_sites.csv"
STREAM_NO_TRUCK_OF_FLEET = (
    "no truck of fleet {fleet} that may come here carries this stream ({count} container(s)); expected it in trucks.csv"
)
FLEETS_MISSING = "there is no fleets.csv, so all is planned together: expected nothing here"
FLEET_EXPECTED = "expected one of {fleets}: there are several fleets, and a truck is of one"
FLEET_NONE = (
    "no fleet serves zone {zone}, kind {kind} ({count} container(s)); expected them in `zones` and `kinds` of "
    "fleets.csv, or a fleet here"
)
FLEET_SEVERAL = (
    "fleets {fleets} serve zone {zone}, kind {kind} ({count} container(s)); expected one: part their `zones` and "
    "`kinds` in fleets.csv, or name one here"
)
NO_CONTRACT = "a penalty without a contract: no fleet of fleets.csv has a contractor; expected one, or no penalties"
FLEET_NO_CONTRACT = "this fleet has no contractor: expected one in fleets.csv, or another fleet here"
CODE_DOUBLED = "the code stands on line {first} already: each only once"
UNIT_OF_EVENT = "expected {units}: no other unit goes with {event}"
CAP_BELOW_AMOUNT = "expected at least the amount of one unit, {amount}, or nothing where there is no cap"
POSITION_DOUBLED = "position {position} of circuit {circuit} stands on line {first} already: each only once"
CIRCUIT_TRUCKS = "circuit {circuit} has truck {truck} on line {first}: expected one truck a circuit"

# Warnings.
ZONE_UNUSED = "no container is in this zone"
ZONE_NOBODY = "nobody lives in this zone: its people cannot be counted as served"
OUTSIDE_ZONE = "the position is {km} km outside the shape of zone {zone}{hint}"
HINT_OTHER_ZONE = " (inside zone {zone})"
FAR_AWAY = "{km} km from the middle of the containers{hint}"
STACKED = "{count} containers stand on one position ({ids})"
CLASS_TOO_SMALL = (
    "cannot take {count} of the {all} containers it may come to when they are full: {id} alone holds {need}"
)
CLASS_NEED_KG = "{litres:g} L and so {kg:g} kg"
CLASS_NEED_L = "{litres:g} L"
CLASS_NEED_PRESSED = "{litres:g} L, pressed {pressed:g} L"
ALL_SMALL = "no container holds more: cubic metres? 1 m3 = 1000 litres"
SITES_CLOSED = "every disposal site for stream {stream} is closed (no opening hours): its plans will be empty"
TRUCKS_RESTING = "no truck is in service"
FLEET_NO_TRUCK = "no truck is of this fleet"
FLEET_RESTING = "no truck of this fleet is in service"
FLEET_NO_CONTAINER = "this fleet serves no container"
CIRCUIT_FLEETS = (
    "circuit {circuit} has {count} container(s) of another fleet than its truck's, {fleet}: savings are compared "
    "without them"
)
NO_BASELINE = "no baseline: savings cannot be compared with what the city did before"
ASSUMED = "still assumed: complete it, then take it out of `assumptions` in city.toml"
ASSUMED_OTHER = "still assumed: {what}"
ROADS_FOUND = "a street network: `tournee roads build` makes distances of it; until then they are estimated"
ROADS_TWICE = "not read: {first} goes before it"
UNSEEN = "holds {letters}, which cannot be seen"
LETTER_LOST = "a letter was lost where this was saved in another encoding"
MISREAD = 'was "{meant}" meant? The name was once read in a wrong encoding'

# From points.
POINT_COLUMN = "no column for {what}; expected one of {names}{hint}"
POINT_COLUMNS_TWICE = "two columns for {what}: {names}"
POINT_BOTH = '. The column "{column}" holds both: part it into lon and lat'
POINT_PROJECTED = '. The column "{column}" holds metres of a projection: save the list in degrees, EPSG:4326'
POINT_HEADLESS = "this looks like data: put column names above it, like name, lon, lat and litres"
POINT_FAR = "{km} km from the middle of the points: expected a city{hint}"
POINT_CUBIC = "no container of the list holds more: litres, or cubic metres? Say --unit l or --unit m3"
POINT_UNIT = "both litres and cubic metres stand in the column's name. Say --unit l or --unit m3"
POINT_IN_M3 = "read as cubic metres, 1000 litres each"
POINT_TOO_MANY = "more than {limit} containers in all"
POINT_IGNORED = "the column is not read"
POINT_COUNT = (
    "a number of containers{total}? It is not read, and the {rows} rows become {rows} containers. "
    'Say --count "{column}" to make as many of each row'
)
POINT_COUNT_TOTAL = ", {total:g} in all"
POINT_COUNT_MISSING = "no such column for --count; the columns are {columns}"

TRUCKS_ASSUMED = "trucks assumed: {fleet}, as many as can empty every container on one day ({tonnes:,.1f} t of waste)"
LARGE_TAKEN = (
    "containers over {over} L: {count}, the largest {largest:g} L, taken for: {names}. That takes {fleet} to empty all "
    "on one day; litres do not tell how they are emptied. {answers}"
)
LARGE_ANSWER = "As {name} ({s} s each, --large {large}): {fleet}"
FLEET = "{trucks} x {body}"

_ID_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_ID = "an id of letters, digits, '.', '_' or '-', no spaces or accents, at most 64"


def rule(kind: LiteralString, column: str, **context: str) -> PydanticCustomError:
    """The error that a model raises when cells of one row do not go together; `column` is the cell to mend."""
    return PydanticCustomError(kind, RULES[kind], {"column": column, **context})


def near(value: str, choices: Iterable[str]) -> str:
    """A hint at the likeliest meant word, or nothing. Long lists are not searched: it would take minutes."""
    known = list(choices)
    if len(known) > 300:
        return ""
    lowered = {choice.lower(): choice for choice in known}
    found = get_close_matches(value.lower(), lowered, n=1)
    return f", did you mean {lowered[found[0]]}?" if found else ""


def listing(words: Iterable[str], most: int = 6) -> str:
    """Some of the words, and how many more there are."""
    known = list(words)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def expected(field: FieldInfo) -> str:
    """What a cell of this field is to hold: its description, or its type; and its limits."""
    choices = _choices(field.annotation)
    if choices:
        return f"one of {', '.join(choices)}"
    text = field.description or _described_by_pattern(field) or _described_by_type(field)
    interval = _interval(field)
    if plain_type(field.annotation) is time and field.description:
        interval = "HH:MM"
    return f"{text}, {interval}" if interval and interval not in text else text


def plain_type(annotation: Any) -> Any:
    """The one type of a field: without `None`, and `tuple` for any list."""
    if typing.get_origin(annotation) in {Union, types.UnionType}:
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return typing.get_origin(annotation) or annotation


def _choices(annotation: Any) -> tuple[str, ...]:
    return typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()


def _described_by_pattern(field: FieldInfo) -> str:
    patterns = {part.pattern for part in field.metadata if isinstance(part, StringConstraints)}
    return _ID if _ID_PATTERN in patterns else ""


def _described_by_type(field: FieldInfo) -> str:
    kind = plain_type(field.annotation)
    if kind is tuple:
        (item, *_) = typing.get_args(field.annotation)
        days = _choices(item)
        return f"'all', or days of {' '.join(days)}, each once" if days else "ids separated by spaces, each once"
    if kind is time:
        return "a time HH:MM, 00:00 to 23:59"
    return {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "a text of 1 to 120 letters")


def _interval(field: FieldInfo) -> str:
    """The limits of a number in words: "20 to 100000", "above 0, at most 2"."""
    low = _limit(field, limits.Ge, "ge")
    above = _limit(field, limits.Gt, "gt")
    high = _limit(field, limits.Le, "le")
    if low is not None and high is not None:
        return f"{low:g} to {high:.15g}"
    parts = [f"above {above:g}" if above is not None else "", f"at most {high:.15g}" if high is not None else ""]
    return ", ".join(part for part in parts if part)


def most(field: FieldInfo) -> float | None:
    """The largest number that a field takes; None = any."""
    return _limit(field, limits.Le, "le")


def _limit(field: FieldInfo, kind: type, name: str) -> float | None:
    found: list[float] = [getattr(part, name) for part in field.metadata if isinstance(part, kind)]
    return found[-1] if found else None
