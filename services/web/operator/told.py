"""What programs hear of a day beside its state: what to look at before sending, the ladder, the day's end."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.web.operator.day_sheet import DaySheet
from services.web.operator.doubts import Doubts
from services.web.operator.ladder import Eta, Ladder, Rung, TruckLine


class EtaTold(BaseModel):
    at: datetime
    early: datetime = Field(description="in four cases of five it is between early and late")
    late: datetime


class RungTold(BaseModel):
    kind: str
    place: str | None
    planned_at: datetime
    outcome: str | None = Field(description="done, skipped, or null where nothing was said yet")
    reason: str | None
    done_at: datetime | None
    eta: EtaTold | None


class TruckTold(BaseModel):
    truck: str
    number: int
    late_s: float | None = Field(description="behind its plan; null before it leaves and once it is home")
    heard_at: datetime | None
    has_left: bool
    is_home: bool
    off_circuit_m: float | None
    flags: list[str] = Field(description="ghost, off_circuit, overloaded, after_closing, late, early; the worst first")
    visits: list[RungTold]


class LadderTold(BaseModel):
    """The day as it runs, a truck a line."""

    is_stale: bool = Field(description="several trucks are out and none is heard")
    news_at: datetime | None
    trucks: list[TruckTold]

    @classmethod
    def of(cls, ladder: Ladder) -> "LadderTold":
        return cls(is_stale=ladder.is_stale, news_at=ladder.news_at, trucks=[_truck(line) for line in ladder.lines])


class DoubtTold(BaseModel):
    what: str
    name: str
    container: str | None
    circuit: int | None
    values: dict[str, Any]


class DoubtsTold(BaseModel):
    kind: str = Field(description="alarm, missing, overdue, overflow, unsure, yesterday, sensor, changed")
    total: int
    rows: list[DoubtTold]

    @classmethod
    def all_of(cls, doubts: Doubts) -> "list[DoubtsTold]":
        return [
            cls(kind=group.kind, total=group.total, rows=[
                DoubtTold(what=row.what, name=row.name, container=row.container, circuit=row.circuit, values=row.values)
                for row in group.rows
            ])
            for group in doubts.groups
        ]  # fmt: skip


class NotDoneTold(BaseModel):
    container: str
    truck: str
    reason: str | None = Field(description="the crew's; null where nothing was said")
    next_circuit: int | None = Field(description="in the next plan")
    next_reason: str | None = Field(description="why the next plan leaves it out though it is due")


class CircuitDoneTold(BaseModel):
    truck: str
    number: int
    stops: int
    done: int
    skipped: int
    done_kg: float = Field(description="as the plan expected it")
    last_at: datetime | None


class DaySheetTold(BaseModel):
    """The end of a day."""

    circuits: list[CircuitDoneTold]
    not_done: list[NotDoneTold]
    fuel_l: float | None = Field(description="the ledger's; null where the day is not counted yet")
    distance_m: float | None
    driven_from: str | None = Field(description="gps or plan")

    @classmethod
    def of(cls, sheet: DaySheet) -> "DaySheetTold":
        counted = sheet.counted
        return cls(
            circuits=[
                CircuitDoneTold(
                    truck=line.circuit.truck, number=line.circuit.number, stops=line.stops, done=line.done,
                    skipped=line.skipped, done_kg=line.done_kg, last_at=line.last_at,
                )
                for line in sheet.lines
            ],
            not_done=[
                NotDoneTold(
                    container=row.container, truck=row.truck, reason=row.reason, next_circuit=row.next_circuit,
                    next_reason=row.next_reason,
                )
                for row in sheet.not_done
            ],
            fuel_l=counted.driven.fuel_l if counted else None,
            distance_m=counted.driven.distance_m if counted else None,
            driven_from=counted.driven_from if counted else None,
        )  # fmt: skip


def _truck(line: TruckLine) -> TruckTold:
    return TruckTold(
        truck=line.circuit.truck, number=line.circuit.number, late_s=line.late_s, heard_at=line.heard_at,
        has_left=line.has_left, is_home=line.is_home, off_circuit_m=line.off_m, flags=list(line.flags),
        visits=[_rung(rung) for rung in line.rungs],
    )  # fmt: skip


def _rung(rung: Rung) -> RungTold:
    word = rung.word
    return RungTold(
        kind=rung.visit.kind, place=rung.visit.place, planned_at=rung.visit.start_at,
        outcome=word["outcome"] if word else None, reason=word["reason"] if word else None,
        done_at=word["happened_at"] if word else None, eta=_eta(rung.eta),
    )  # fmt: skip


def _eta(eta: Eta | None) -> EtaTold | None:
    return None if eta is None else EtaTold(at=eta.at, early=eta.early, late=eta.late)
