"""How full a container is, in the five words that the map and the lists share."""

from datetime import datetime, timedelta
from typing import Literal

from services.contracts.planning import ContainerForecast
from services.web.operator.store import ContainerRow

FillState = Literal["low", "soon", "due", "overflow", "silent"]

SILENT_AFTER = timedelta(hours=24)
OVERFLOW_AT = 1.0
SOON_SHARE = 0.65  # of the city's "full": worth an eye, not a truck


def is_silent(container: ContainerRow, now: datetime) -> bool:
    """A sensor that has not been heard for a day."""
    return container.sensor and (container.fill_at is None or container.fill_at < now - SILENT_AFTER)


def is_emptied_since(container: ContainerRow, instant: datetime) -> bool:
    return container.last_emptied_at is not None and container.last_emptied_at > instant


def fill_state(
    container: ContainerRow, forecast: ContainerForecast | None, as_of: datetime | None, full_at: float, now: datetime
) -> FillState:
    """The plan's forecast where there is one and it still holds, else what was last heard."""
    emptied = as_of is not None and is_emptied_since(container, as_of)
    if emptied:
        return "low"
    if is_silent(container, now) and (forecast is None or forecast.due is None):
        return "silent"
    fill = forecast.fill_ratio if forecast is not None else container.fill_ratio
    is_due = forecast is not None and forecast.due is not None
    if fill is None:
        return "silent"
    if fill >= OVERFLOW_AT:
        return "overflow"
    if is_due or fill >= full_at:
        return "due"
    return "soon" if fill >= full_at * SOON_SHARE else "low"
