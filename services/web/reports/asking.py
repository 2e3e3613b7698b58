"""The arguments of GeoReport v2's calls, and what is reported by them."""

import math
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple, get_args

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from services.city.registry import City
from services.contracts.fields import Lat, Lon
from services.contracts.reports import LONGEST_WORDS, ReportKind, read_report_id
from services.reports.store import Place, Wish, find_nearest, find_place
from services.store.connection import Connection
from services.web.figures.store import list_cities
from services.web.reports.georeport import Fault, read_list, read_span
from services.web.reports.keys import opens
from services.web.reports.taking import Said

KINDS: tuple[ReportKind, ...] = get_args(ReportKind)
MOST_FIELDS, MOST_FILES = 60, 3
CONTACT = ("first_name", "last_name", "email", "phone")
PLACE: TypeAdapter[tuple[Lon, Lat]] = TypeAdapter(tuple[Lon, Lat])


class Asked(NamedTuple):
    """The arguments of a call, of its query and of its form."""

    fields: Mapping[str, str]
    photo: bytes | None

    def find(self, name: str) -> str | None:
        """What is empty is not there."""
        return self.fields.get(name, "").strip() or None


async def read_asked(request: Request) -> Asked:
    """Read before any connection is taken: a telephone's upload may last."""
    fields = dict(request.query_params)
    photo = None
    if request.method == "POST":
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    photo = photo or await value.read()
                else:
                    fields[name] = value
    return Asked({name: value.replace("\0", "") for name, value in fields.items()}, photo)


WithAsked = Annotated[Asked, Depends(read_asked)]


def city_of(connection: Connection, asked: Asked) -> City:
    """The jurisdiction: a city's id, needed where there are several."""
    cities, wish = list_cities(connection), asked.find("jurisdiction_id")
    if wish is None and len(cities) != 1:
        raise Fault(400, f"jurisdiction_id was not provided; expected one of {', '.join(c.id for c in cities)}")
    found = next((city for city in cities if wish is None or city.id == wish), None)
    if found is None:
        raise Fault(404, f"jurisdiction_id {(wish or '')[:40]} was not found")
    return found


def read_said(connection: Connection, city: City, asked: Asked, address: str) -> tuple[Said, list[str]]:
    """What is reported, and what of it is left aside: an optional field that is wrong never costs the report."""
    kind = _kind(asked)
    key = asked.find("api_key")
    if key is not None:
        need_key(connection, city, asked)
    spot = _spot(asked)
    place = _place(connection, city, asked, spot)
    if place is None and spot is None and asked.find("address_string") is None:
        raise Fault(400, "no place was provided; expected attribute[container], lat and long, or address_string")
    aside, media_url = [], asked.find("media_url")
    if media_url is not None and not (media_url.startswith(("https://", "http://")) and len(media_url) <= 1000):
        aside, media_url = ["media_url"], None
    words = asked.find("description")
    if words is not None and len(words) > LONGEST_WORDS:
        raise Fault(400, f"description has {len(words)} characters; expected {LONGEST_WORDS} at most")
    contact = " ".join(filter(None, (asked.find(name) for name in CONTACT)))[:300]
    said = Said(
        kind, "open311", f"key of {city.id}" if key else address, secrets.token_urlsafe(12), place,
        lon=spot[0] if spot else None, lat=spot[1] if spot else None, has_key=key is not None,
        address=(asked.find("address_string") or "")[:300] or None, contact=contact or None, words=words,
        media_url=media_url, photo=asked.photo,
    )  # fmt: skip
    return said, aside


def _kind(asked: Asked) -> ReportKind:
    code = asked.find("service_code")
    if code is None:
        raise Fault(400, f"service_code was not provided; expected one of {', '.join(KINDS)}")
    found = next((kind for kind in KINDS if kind == code), None)
    if found is None:
        raise Fault(404, f"service_code {code[:40]} was not found; expected one of {', '.join(KINDS)}")
    return found


def _spot(asked: Asked) -> tuple[float, float] | None:
    """Longitude and latitude."""
    lat, lon = asked.find("lat"), asked.find("long")
    if lat is None and lon is None:
        return None
    try:
        return PLACE.validate_python((lon, lat))
    except ValidationError as error:
        raise Fault(400, f"lat {lat}, long {lon}; expected degrees of WGS 84, both") from error


def _place(connection: Connection, city: City, asked: Asked, spot: tuple[float, float] | None) -> Place | None:
    """The container: by its number, else the one that stands there."""
    number = asked.find("attribute[container]") or asked.find("address_id")
    if number is not None:
        place = find_place(connection, city.id, number)
        if place is None and spot is None:
            raise Fault(400, f"attribute[container]: {number[:64]}; expected a container in service")
        if place is not None:
            return place
    if spot is None or not all(map(math.isfinite, spot)):
        return None
    return find_nearest(connection, city.id, *spot)


def need_key(connection: Connection, city: City, asked: Asked) -> None:
    if not opens(connection, city.id, "open311", asked.find("api_key") or ""):
        raise Fault(403, "api_key is missing or not valid")


def read_wish(asked: Asked, now: datetime) -> Wish:
    if (ids := read_list(asked.find("service_request_id"))) is not None:
        return Wish(ids=[read_report_id(each) or "" for each in ids])
    since, until = read_span(asked.find("start_date"), asked.find("end_date"), now)
    return Wish(kinds=one_of("service_code", asked.find("service_code"), KINDS), since=since, until=until)


def one_of(name: str, told: str | None, known: tuple[str, ...]) -> list[str] | None:
    wished = read_list(told)
    if wished is not None and (unknown := [each for each in wished if each not in known]):
        raise Fault(400, f"{name}: {unknown[0][:40]}; expected of {', '.join(known)}")
    return wished


def read_count(name: str, asked: Asked, usual: int) -> int:
    told = asked.find(name)
    if told is None:
        return usual
    if not (told.isascii() and told.isdigit() and int(told[:9]) > 0):
        raise Fault(400, f"{name}: {told[:40]}; expected a number from 1 on")
    return int(told[:9])
