"""Open data: the savings ledger and the districts, for anybody, under CC BY 4.0."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.contracts.fields import Day
from services.contracts.ledger import SavingsComputed
from services.web import store as shared
from services.web.deps import WithStore
from services.web.features import geojson_answer
from services.web.period import zone_shares
from services.web.public import store
from services.web.public.endpoints import CACHE, chosen_city
from services.web.public.zones import zones_geojson
from services.web.tables import csv_answer

router = APIRouter(prefix="/public", tags=["open data"])

SAVINGS_COLUMNS = (
    "day", "plan_id", "driven_from", "driven_circuits", "driven_stops", "driven_distance_m", "driven_fuel_l",
    "baseline_circuits", "baseline_stops", "baseline_distance_m", "baseline_fuel_l", "fuel_saved_l", "fuel_saved_ratio",
    "co2e_saved_kg", "money_saved", "currency", "population", "served_people", "simulated", "computed_at",
    "driven_collected_kg", "driven_fuel_l_per_stop", "driven_fuel_l_per_t",
    "baseline_collected_kg", "baseline_fuel_l_per_stop", "baseline_fuel_l_per_t",
    "fleet", "number", "reasons", "computation_id", "registry_version",
    "fuel_saved_low_l", "fuel_saved_high_l", "fuel_withheld_l", "distance_saved_m", "duty_saved_s", "provisional",
    "events", "baseline_version", "calibration", "baseline_haul_m", "baseline_duty_s", "driven_haul_m", "driven_duty_s",
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
    return csv_answer(f"{chosen.id}-savings", SAVINGS_COLUMNS, map(_savings_row, days))


def _savings_row(line: SavingsComputed) -> dict[str, Any]:
    row = line.model_dump(exclude={"driven", "baseline", "zones", "measured", "works", "errors"})
    row |= {name: " ".join(getattr(line, name)) for name in ("reasons", "provisional", "events")}
    for side, figures in (("driven", line.driven), ("baseline", line.baseline)):
        if figures is not None:
            row |= {f"{side}_{name}": value for name, value in figures.model_dump().items()}
            row |= {f"{side}_fuel_l_per_stop": figures.fuel_l_per_stop, f"{side}_fuel_l_per_t": figures.fuel_l_per_t}
    return row


@router.get("/zones.geojson")
def get_zones_geojson(request: Request, connection: WithStore, city: str | None = None) -> Response:
    """The districts with their population and the share of it that is served; null where the ledger says nothing."""
    chosen = chosen_city(connection, city)
    zones = shared.list_zones(connection, chosen.id)
    shares = zone_shares(zones, store.find_latest_city_day(connection, chosen.id))
    return geojson_answer(request, zones_geojson(zones, shares), CACHE)
