"""Which message goes where: the whole flow into the store on one screen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts import topics
from services.contracts.alerts import AlertSeen
from services.contracts.confirmations import VisitConfirmed
from services.contracts.contract import PenaltyAnswered, SheetSigned
from services.contracts.coverage import CoverageComputed
from services.contracts.doors import DoorHeard, UplinkReceived
from services.contracts.fields import Message
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanDispatched, PlanMade, PlanningProgressed
from services.contracts.presence import PresenceSaid
from services.contracts.registry import ChangeRegistry
from services.contracts.reports import ReportMade
from services.contracts.streets import StreetSaid
from services.contracts.telemetry import (
    DeviceNoted,
    MessageRejected,
    PositionReceived,
    ReadingReceived,
    WeighingReceived,
)
from services.writer.contract import store_answers, store_signed_sheets
from services.writer.day import (
    store_alerts_seen,
    store_confirmations,
    store_coverage,
    store_dispatches,
    store_planning,
    store_plans,
    store_savings,
)
from services.writer.devices import store_device_notes, store_weighings
from services.writer.doors import store_door_states, store_uplinks
from services.writer.registry import store_presence, store_registry_changes, store_streets
from services.writer.reports import store_reports
from services.writer.telemetry import store_positions, store_readings, store_rejected


@dataclass(frozen=True)
class Handler:
    contract: type[Message]
    store: Callable[[Any, Sequence[Any]], int | None]
    """Given the store's connection (in tests the twin's) and messages of the contract; how many it set aside, if it
    ever does."""


Handlers = Mapping[str, Handler]


HANDLERS: Handlers = {
    topics.READINGS: Handler(ReadingReceived, store_readings),
    topics.POSITIONS: Handler(PositionReceived, store_positions),
    topics.WEIGHINGS: Handler(WeighingReceived, store_weighings),
    topics.REJECTED: Handler(MessageRejected, store_rejected),
    topics.DEVICE_NOTES: Handler(DeviceNoted, store_device_notes),
    topics.UPLINKS: Handler(UplinkReceived, store_uplinks),
    topics.DOOR_STATES: Handler(DoorHeard, store_door_states),
    topics.PLANNING: Handler(PlanningProgressed, store_planning),
    topics.PLANS: Handler(PlanMade, store_plans),
    topics.DISPATCHES: Handler(PlanDispatched, store_dispatches),
    topics.CONFIRMATIONS: Handler(VisitConfirmed, store_confirmations),
    topics.ALERTS: Handler(AlertSeen, store_alerts_seen),
    topics.REPORTS: Handler(ReportMade, store_reports),
    topics.PENALTY_ANSWERS: Handler(PenaltyAnswered, store_answers),
    topics.CONTRACT_SHEETS: Handler(SheetSigned, store_signed_sheets),
    topics.REGISTRY: Handler(ChangeRegistry, store_registry_changes),
    topics.PRESENCE: Handler(PresenceSaid, store_presence),
    topics.STREETS: Handler(StreetSaid, store_streets),
    topics.LEDGER: Handler(SavingsComputed, store_savings),
    topics.COVERAGE: Handler(CoverageComputed, store_coverage),
}
