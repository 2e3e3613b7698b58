"""A day of two fleets in one town, on real servers, every service a process of its own: neither touches the other."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import httpx
import pytest

from infra.demo.timepiece import Timepiece
from infra.stack.stack import Stack
from services.store.connection import Connection, connect
from simulators.trucks.phone import DriverClient
from tests.support.example_town import FLEET_OF_TRUCK, LORRIES, TIPPERS, two_fleet_town
from tests.support.live_town import MORNING, eventually, live_town

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)  # a Tuesday: Sè's fixed circuit of four stops is RB-1021's, and RB-2210 stays in
NEXT_MORNING = MORNING + timedelta(hours=22)  # 03:00 there: the day is over, the next is not yet planned
TRUCK_OF = {fleet: truck for truck, fleet in FLEET_OF_TRUCK.items()}
CONTAINERS = {LORRIES: {f"HOU-{n:03}" for n in range(1, 10)}, TIPPERS: {"HOU-010", "HOU-011", "HOU-012"}}


class Town(NamedTuple):
    """The running town, as its office, its crews and its technician meet it."""

    url: str
    office: httpx.Client
    phones: dict[str, DriverClient]
    """By fleet: each has one truck."""
    store: Connection
    clock: Timepiece

    def state(self, fleet: str) -> dict[str, Any]:
        answer = self.office.get("/api/v1/state", params={"fleet": fleet, "day": DAY.isoformat()})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def send(self, fleet: str) -> str:
        """The fleet's latest plan, and wait until it is in force."""
        plan = str(self.state(fleet)["plan"]["plan_id"])
        assert self.office.post("/api/v1/dispatches", json={"plan_id": plan}).status_code == 202
        eventually(lambda: self.state(fleet)["dispatched_plan_id"] == plan, f"{fleet} is not sent")
        return plan

    def savings(self, **wanted: str) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/api/v1/public/savings.json", params=wanted).json())

    def driven_stops(self) -> dict[str, int]:
        return {line["fleet"]: line["driven"]["stops"] for line in self.savings()}

    def runs(self) -> list[tuple[str, str]]:
        rows = self.rows("SELECT fleet_id, state FROM planning_run ORDER BY fleet_id")
        return [(row["fleet_id"], row["state"]) for row in rows]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.store.transaction():
            return self.store.execute(sql).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def town(fresh_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The example town of two fleets at five in the morning, its services just started."""
    services = ("writer", "planner", "ledger", "web")
    with (
        live_town(fresh_stack, two_fleet_town(), tmp_path_factory.mktemp("town"), services) as live,
        connect(fresh_stack.database_url, name="look") as store,
    ):
        phones = {fleet: live.phones[truck] for fleet, truck in TRUCK_OF.items()}
        yield Town(live.url, live.office, phones, store, live.clock)


def reports_of(circuit: dict[str, Any]) -> list[dict[str, Any]]:
    """A crew that does all that it was asked, at once."""
    return [
        {
            "id": str(uuid5(UUID(circuit["plan_id"]), str(visit["sequence"]))),
            "plan_id": circuit["plan_id"],
            "kind": visit["kind"],
            "place": visit["place"],
            "outcome": "done",
            "happened_at": MORNING.isoformat(),
        }
        for visit in circuit["visits"]
        if visit["kind"] in {"stop", "disposal"}
    ]


def test_day_of_two_fleets(town: Town) -> None:
    """Morning, sending, driving, a plan anew, the ledger: one story, since each step stands on the one before."""
    # The morning orders each fleet's day by itself, and nobody else does.
    eventually(lambda: len(town.rows("SELECT FROM plan")) == 2, "the morning did not plan two days")
    plans = {row["fleet_id"]: row["document"] for row in town.rows("SELECT fleet_id, document FROM plan")}
    assert plans.keys() == {LORRIES, TIPPERS}
    for fleet, plan in plans.items():
        assert plan["fleet"] == fleet
        assert {forecast["container"] for forecast in plan["forecasts"]} == CONTAINERS[fleet]
        assert [circuit["truck"] for circuit in plan["circuits"]] == [TRUCK_OF[fleet]]
    eventually(lambda: town.runs() == [(LORRIES, "finished"), (TIPPERS, "finished")], f"{town.runs()}")

    # One is sent: its driver has his circuit, the other's has none.
    first = town.send(LORRIES)
    circuit = town.phones[LORRIES].find_circuit(DAY)
    assert circuit is not None
    assert circuit["plan_id"] == first
    assert town.phones[TIPPERS].find_circuit(DAY) is None
    assert town.state(TIPPERS)["dispatched_plan_id"] is None

    # The other is sent: the first stays in force, each truck has its own.
    second = town.send(TIPPERS)
    in_force = town.rows("SELECT fleet_id, plan_id FROM dispatch_in_force ORDER BY fleet_id")
    assert [(row["fleet_id"], str(row["plan_id"])) for row in in_force] == [(LORRIES, first), (TIPPERS, second)]

    # Both are driven, and each crew's word counts for its own fleet.
    for fleet, phone in town.phones.items():
        sent = phone.find_circuit(DAY)
        assert sent is not None
        phone.send(reports_of(sent))
        stops = len([visit for visit in sent["visits"] if visit["kind"] == "stop"])
        eventually(
            lambda f=fleet, n=stops: [c["done"] for c in town.state(f)["circuits"]] == [n], f"{fleet}: not all done"
        )
    said = town.rows("SELECT DISTINCT fleet_id, truck_id FROM confirmation ORDER BY fleet_id")
    assert [tuple(row.values()) for row in said] == [(LORRIES, TRUCK_OF[LORRIES]), (TIPPERS, TRUCK_OF[TIPPERS])]

    # The tippers are planned anew: what is in force stays, for both, until the new plan is sent.
    order = {"fleet": TIPPERS, "day": DAY.isoformat(), "time_limit_s": 1}
    assert town.office.post("/api/v1/plan", json=order).status_code == 202
    eventually(lambda: len(town.state(TIPPERS)["offers"]) == 1, "no new plan of the tippers")
    assert town.state(TIPPERS)["plan"]["plan_id"] == second
    assert [str(row["plan_id"]) for row in town.rows("SELECT plan_id FROM dispatch_in_force ORDER BY fleet_id")] == [
        first,
        second,
    ]
    assert town.state(LORRIES)["plan"]["plan_id"] == first

    # Once the day is over it is in the ledger: a line for each fleet, against the fixed circuits of its own trucks.
    town.clock.hold(NEXT_MORNING)
    driven = {fleet: plan["totals"]["stops"] for fleet, plan in plans.items()}
    eventually(lambda: town.driven_stops() == driven, f"not in the ledger: {driven}")
    lines = {line["fleet"]: line for line in town.savings()}
    baselines = {fleet: (line["baseline"]["circuits"], line["baseline"]["stops"]) for fleet, line in lines.items()}
    assert baselines == {LORRIES: (1, 4), TIPPERS: (0, 0)}
    assert [line["fleet"] for line in town.savings(fleet=TIPPERS)] == [TIPPERS]
    header, *rows = httpx.get(f"{town.url}/api/v1/public/savings.csv").text.splitlines()
    fleet_at = header.split(",").index("fleet")
    assert sorted(row.split(",")[fleet_at] for row in rows) == [LORRIES, TIPPERS]

    # And residents read of one city: containers emptied by both, on one day.
    page = httpx.get(town.url, headers={"Accept-Language": "en"}).text
    assert "1 finished day" in page
    assert f"{sum(driven.values())} containers were emptied" in page
