"""Open data for anybody, under CC BY 4.0: stable addresses, pages, `Last-Modified`, a dictionary and a catalogue."""

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from services.contracts.fields import Day
from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.times import instant_of
from services.web.figures import store as shared
from services.web.figures.days import today_in
from services.web.figures.period import zone_shares
from services.web.public import store
from services.web.public.catalogue import catalogue_of, dictionary_of
from services.web.public.datasets import (
    DATASETS,
    LICENCE,
    MOST_ROWS,
    USUAL_DAYS,
    USUAL_ROWS,
    Asked,
    Dataset,
    Form,
    Row,
    savings_row,
)
from services.web.public.endpoints import CACHE, chosen_city
from services.web.public.zones import zones_geojson
from services.web.rendering.features import collection_of, feature, geojson_answer
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.rendering.tables import csv_answer
from services.web.requests.deps import Deps, WithDeps, WithStore

router = APIRouter(prefix="/public", tags=["open data"])
pages = APIRouter(include_in_schema=False)

SAVINGS_COLUMNS = (
    "day", "plan_id", "driven_from", "driven_circuits", "driven_stops", "driven_distance_m", "driven_fuel_l",
    "baseline_circuits", "baseline_stops", "baseline_distance_m", "baseline_fuel_l", "fuel_saved_l", "fuel_saved_ratio",
    "co2e_saved_kg", "money_saved", "currency", "population", "served_people", "simulated", "computed_at",
    "driven_collected_kg", "driven_fuel_l_per_stop", "driven_fuel_l_per_t",
    "baseline_collected_kg", "baseline_fuel_l_per_stop", "baseline_fuel_l_per_t",
    "fleet", "number", "reasons", "computation_id", "registry_version",
    "fuel_saved_low_l", "fuel_saved_high_l", "fuel_withheld_l", "distance_saved_m", "duty_saved_s", "provisional",
    "choice_l", "routing_l", "events", "baseline_version", "calibration", "baseline_haul_m", "baseline_duty_s",
    "driven_haul_m", "driven_duty_s",
)  # fmt: skip


@router.get("/savings.json", response_model_exclude={"__all__": {"measured", "works", "errors"}})
def get_savings_json(
    response: Response,
    connection: WithStore,
    city: str | None = None,
    first: Day | None = None,
    last: Day | None = None,
    fleet: str | None = None,
) -> list[SavingsComputed]:
    """The ledger's days that are over, oldest first: of each and each fleet its latest line (`SavingsComputed`).

    Without what single trucks did, which is their crews' affair. `fuel_saved_low_l` to `fuel_saved_high_l` is the 90 %
    interval of that day alone; of several days it is not the sum of theirs.
    """
    response.headers["Cache-Control"] = CACHE
    return store.list_savings(connection, chosen_city(connection, city).id, first, last, fleet)


@router.get("/savings.csv")
def get_savings_csv(
    connection: WithStore,
    city: str | None = None,
    first: Day | None = None,
    last: Day | None = None,
    fleet: str | None = None,
) -> Response:
    """The same as a table."""
    chosen = chosen_city(connection, city)
    days = store.list_savings(connection, chosen.id, first, last, fleet)
    return csv_answer(f"{chosen.id}-savings", SAVINGS_COLUMNS, map(savings_row, days))


@router.get("/zones.geojson")
def get_zones_geojson(request: Request, connection: WithStore, city: str | None = None) -> Response:
    """The districts with their population and the share of it that is served; null where the ledger says nothing."""
    chosen = chosen_city(connection, city)
    zones = shared.list_zones(connection, chosen.id)
    shares = zone_shares(zones, store.find_latest_city_day(connection, chosen.id))
    return geojson_answer(request, zones_geojson(zones, shares), CACHE)


@router.get("/dictionary.json")
def get_dictionary() -> Response:
    """Every column of every data set: its kind, unit and meaning, in French and English."""
    return Response(to_json(dictionary_of()), media_type="application/json", headers={"Cache-Control": CACHE})


@router.get("/catalogue.jsonld")
def get_catalogue(request: Request, deps: WithDeps, connection: WithStore) -> Response:
    """A DCAT catalogue of all cities' data sets, for a portal to harvest."""
    cities = shared.list_cities(connection)
    catalogue = catalogue_of(cities, _base(request, deps))
    return Response(to_json(catalogue), media_type="application/ld+json", headers={"Cache-Control": CACHE})


@router.get("/{dataset}.{form}")
def get_dataset(
    request: Request,
    deps: WithDeps,
    connection: WithStore,
    dataset: str,
    form: str,
    city: str | None = None,
    first: Day | None = None,
    last: Day | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = USUAL_ROWS,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """A page of `containers`, `circuits`, `collections`, `coverage` or `ledger`, as `csv`, `json` or `geojson`.

    Days from `first` to `last`, up to yesterday: the last 31 unless others are named. A header `Link` with
    `rel="next"` leads to the next page. `If-Modified-Since` is answered 304 where nothing has changed.
    """
    chosen, found = chosen_city(connection, city), DATASETS.get(dataset)
    if found is None or form not in found.forms:
        raise NotFound
    today = today_in(chosen, deps.clock.now())
    until = min(last or today, today - timedelta(days=1))
    asked = Asked(chosen, first or until - timedelta(days=USUAL_DAYS - 1), until, limit, offset)
    modified = _modified(connection, found, asked, today)
    headers = {"Last-Modified": format_datetime(modified, usegmt=True), "Cache-Control": CACHE}
    if _is_known(request, modified):
        return Response(status_code=304, headers=headers)
    rows = found.read(connection, asked)
    if len(rows) > limit:
        query = {**dict(request.query_params), "offset": offset + limit, "limit": limit}
        headers["Link"] = f'<{_base(request, deps)}{request.url.path}?{urlencode(query)}>; rel="next"'
    return _answer(found, form, asked, rows[:limit], headers)


def _answer(dataset: Dataset, form: Form | str, asked: Asked, rows: list[Row], headers: dict[str, str]) -> Response:
    names = [column.name for column in dataset.columns]
    if form == "csv":
        answer = csv_answer(f"{asked.city.id}-{dataset.name}", names, rows)
        answer.headers.update(headers)
        return answer
    plain = [{name: row.get(name) for name in names} for row in rows]
    told: Any
    if form == "json":
        told = {"dataset": dataset.name, "city": asked.city.id, "licence": LICENCE, "rows": plain}
        return Response(to_json(told), media_type="application/json", headers=headers)
    told = collection_of(
        [
            feature(asked.offset + n, row, whole["geometry"])
            for n, (row, whole) in enumerate(zip(plain, rows, strict=True))
        ]
    )
    return Response(to_json(told), media_type="application/geo+json", headers=headers)


@pages.get("/donnees")
def data_page(request: Request, connection: WithStore, city: str | None = None) -> Response:
    """All data sets with their addresses, dictionary and licence."""
    chosen = chosen_city(connection, city)
    response = get_page(request).render(
        request, "public/data.html", city=chosen, datasets=list(DATASETS.values()), licence=LICENCE,
        most_rows=MOST_ROWS,
    )  # fmt: skip
    response.headers["Cache-Control"] = CACHE
    return response


def _modified(connection: Connection, dataset: Dataset, asked: Asked, today: date) -> datetime:
    """When something of it changed last: at the latest event, or when yesterday was over. Whole seconds, UTC."""
    began = instant_of(today, 0, asked.city.zone_info)
    changed = dataset.changed(connection, asked)
    found = max(began, changed) if changed else began
    return found.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1 if found.microsecond else 0)


def _is_known(request: Request, modified: datetime) -> bool:
    told = request.headers.get("if-modified-since")
    if told is None:
        return False
    try:
        since = parsedate_to_datetime(told)
    except ValueError:
        return False  # no date: whoever asks has nothing of ours
    return since.tzinfo is not None and modified <= since


def _base(request: Request, deps: Deps) -> str:
    """Scheme and host, as the asker knows us."""
    scheme = "https" if deps.over_https else request.url.scheme
    return f"{scheme}://{request.headers.get('host', request.url.netloc)}"
