"""What the demo can show for itself, counted in the store."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from services.store.connection import Connection


@dataclass(frozen=True)
class Figures:
    """Sums over everything stored; kilometres and litres are those of the ledger's days, driven against baseline."""

    readings: int
    rejected: int
    plans: int
    circuits: int
    stops_confirmed: int
    km: float
    fuel_l: float
    fuel_saved_l: float | None
    fuel_saved_pct: float | None
    served_people_pct: float | None
    unserved_zones: list[str]
    url: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def count_figures(connection: Connection, city: str, url: str) -> Figures:
    """Read them off the store."""
    with connection.transaction():
        counted = connection.execute(COUNTS, {"city": city}).fetchone() or {}
        days = [row["document"] for row in connection.execute(LEDGER_DAYS, {"city": city})]
    saved = [day["fuel_saved_l"] for day in days if day["fuel_saved_l"] is not None]
    baseline_l = sum(day["baseline"]["fuel_l"] for day in days if day["baseline"])
    latest = days[-1] if days else None
    return Figures(
        **counted,
        circuits=sum(day["driven"]["circuits"] for day in days),
        km=round(sum(day["driven"]["distance_m"] for day in days) / 1000, 1),
        fuel_l=round(sum(day["driven"]["fuel_l"] for day in days), 1),
        fuel_saved_l=round(sum(saved), 1) if saved else None,
        fuel_saved_pct=round(100 * sum(saved) / baseline_l, 1) if saved and baseline_l else None,
        served_people_pct=_served_pct(latest),
        unserved_zones=[z["zone"] for z in latest["zones"] if z["containers_served"] == 0] if latest else [],
        url=url,
    )


def table_of(figures: Figures, plan: dict[str, Any], *, simulated: bool) -> Table:
    """The short table that ends the demo's start."""
    totals, baseline = plan["totals"], plan["baseline"]
    due = sum(forecast["due"] is not None for forecast in plan["forecasts"])
    table = Table(title="Simulated figures" if simulated else None, show_header=False, title_justify="left")
    table.add_row("Readings stored", f"{figures.readings:,} ({figures.rejected:,} messages rejected)")
    table.add_row("Driven so far", f"{figures.circuits} circuits, {figures.km:,.0f} km, {figures.fuel_l:,.0f} L")
    table.add_row("  against the fixed circuits", _saved(figures))
    table.add_row(f"Plan of {plan['day']}", f"{due} containers due, {totals['circuits']} circuits")
    roads = "estimated roads" if plan["roads"] == "estimated" else "real streets"
    table.add_row("  ", f"{totals['distance_m'] / 1000:,.0f} km, {totals['fuel_l']:,.0f} L ({roads})")
    if baseline:
        table.add_row(
            "  fixed circuits that day", f"{baseline['distance_m'] / 1000:,.0f} km, {baseline['fuel_l']:,.0f} L"
        )
    served = "no population known" if figures.served_people_pct is None else f"{figures.served_people_pct:.1f} %"
    table.add_row("People served", served)
    table.add_row("Zones not served", ", ".join(figures.unserved_zones) or "none")
    return table


def _saved(figures: Figures) -> str:
    if figures.fuel_saved_l is None:
        return "no baseline known"
    word = "saved" if figures.fuel_saved_l >= 0 else "more"
    return f"{abs(figures.fuel_saved_l):,.0f} L {word} ({abs(figures.fuel_saved_pct or 0):.1f} %)"


def _served_pct(day: dict[str, Any] | None) -> float | None:
    return round(100 * day["served_people"] / day["population"], 1) if day and day["population"] else None


COUNTS = """
SELECT (SELECT count(*) FROM reading WHERE city_id = %(city)s) AS readings,
       (SELECT count(*) FROM rejected) AS rejected,
       (SELECT count(*) FROM plan WHERE city_id = %(city)s) AS plans,
       (SELECT count(*) FROM emptying WHERE city_id = %(city)s) AS stops_confirmed
"""
LEDGER_DAYS = "SELECT document FROM savings_day WHERE city_id = %(city)s ORDER BY day"
