"""A day planned again while it runs, on real servers, every service a process of its own, from order to phones."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from infra.demo.timepiece import Timepiece
from infra.stack.stack import Stack
from services.contracts.planning import PlanMade
from simulators.trucks.phone import DriverClient
from tests.support.example_town import FLEET_OF_TRUCK, example_town
from tests.support.live_town import eventually, live_town

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)  # a Tuesday
COMPACTOR, TIPPER = FLEET_OF_TRUCK


class Town(NamedTuple):
    office: httpx.Client
    phones: dict[str, DriverClient]
    clock: Timepiece

    def state(self) -> dict[str, Any]:
        answer = self.office.get("/api/v1/state", params={"day": DAY.isoformat()})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def plan(self, plan_id: str) -> PlanMade:
        return PlanMade.model_validate(self.office.get(f"/api/v1/plans/{plan_id}").json())

    def order(self, **wanted: Any) -> PlanMade:
        """Order a plan of the day and wait for it."""
        order = {"day": DAY.isoformat(), "time_limit_s": 2, **wanted}
        ordered = self.office.post("/api/v1/plan", json=order)
        assert ordered.status_code == 202, ordered.text
        progress: dict[str, Any] = {}

        def is_finished() -> bool:
            progress.update(self.office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json())
            assert progress["state"] != "failed", progress
            return progress["state"] == "finished"

        eventually(is_finished, f"not planned: {progress}")
        eventually(
            lambda: self.office.get(f"/api/v1/plans/{progress['plan_id']}").status_code == 200, "the plan is not stored"
        )
        return self.plan(progress["plan_id"])

    def send(self, plan: PlanMade) -> None:
        assert self.office.post("/api/v1/dispatches", json={"plan_id": str(plan.plan_id)}).status_code == 202
        eventually(lambda: self.state()["dispatched_plan_id"] == str(plan.plan_id), "it is not in force")

    def circuit(self, truck: str) -> dict[str, Any]:
        found = self.phones[truck].find_circuit(DAY)
        assert found is not None
        return found

    def say(self, truck: str, stops: int) -> list[str]:
        """A crew's words about its first stops, each when it was planned; returns where."""
        circuit = self.circuit(truck)
        said = [visit for visit in circuit["visits"] if visit["kind"] == "stop"][:stops]
        reports = [
            {
                "id": str(uuid4()), "plan_id": circuit["plan_id"], "kind": "stop", "place": visit["place"],
                "outcome": "done", "happened_at": visit["leave_at"],
            }
            for visit in said
        ]  # fmt: skip
        self.phones[truck].send(reports)
        return [visit["place"] for visit in said]


@pytest.fixture(scope="module")
def town(fresh_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The example town at five in the morning, its services just started."""
    with live_town(fresh_stack, example_town(), tmp_path_factory.mktemp("town"), ("writer", "planner", "web")) as live:
        yield Town(live.office, live.phones, live.clock)


def by_truck(plan: PlanMade) -> dict[str, Any]:
    return {circuit.truck: circuit for circuit in plan.circuits}


def test_running_day_is_planned_again_from_now(town: Town) -> None:
    """One story: sent, half driven, a truck breaks down, planned again from where trucks are, sent, told on phones."""
    eventually(lambda: town.state()["plan"] is not None, "the morning did not plan")
    first = town.plan(town.state()["plan"]["plan_id"])
    assert set(by_truck(first)) == {COMPACTOR, TIPPER}
    town.send(first)

    # The compactor has emptied four containers when the tipper, which nobody has heard of, breaks down in the yard.
    compactor = by_truck(first)[COMPACTOR]
    now = compactor.stops[3].leave_at + timedelta(minutes=2)
    town.clock.run(now, speed=1.0)
    done = town.say(COMPACTOR, 4)
    eventually(lambda: [c["done"] for c in town.state()["circuits"] if c["truck"] == COMPACTOR] == [4], "not stored")
    again = town.order(broken_down=[TIPPER])

    # From now, from where the truck is, with what it carries: what was done stands, the rest is ahead.
    assert again.replaces == first.plan_id
    assert again.begins_at is not None
    assert now <= again.begins_at < now + timedelta(minutes=2)
    circuit = by_truck(again)[COMPACTOR]
    assert circuit.number == compactor.number
    driven = [stop for stop in circuit.stops if stop.leave_at <= again.begins_at]
    assert [stop.place for stop in driven] == done
    assert [stop.leave_at for stop in driven] == [stop.leave_at for stop in compactor.stops[:4]]
    ahead = [visit for visit in circuit.visits if visit.leave_at > again.begins_at]
    assert ahead
    loads = [visit.load_kg for visit in circuit.visits if visit.kind == "stop"]
    assert loads[3] > 0
    assert circuit.visits[circuit.visits.index(driven[-1]) + 1].load_kg >= loads[3] or ahead[0].kind == "disposal"

    # Listed before it is sent, an offer beside the one in force.
    assert again.called_off == (TIPPER,)
    told = town.state()
    assert (told["plan"]["plan_id"], told["offers"]) == (str(first.plan_id), [str(again.plan_id)])
    look = town.office.get("/operateur/envoi", params={"plan": str(again.plan_id)}).text
    assert f"{TIPPER} n&#39;aura plus de bac à vider" in look
    assert not town.circuit(TIPPER)["called_off"]

    # Sent: the crew called off is told, the other goes on where it is, with what it has done.
    town.send(again)
    called_off = town.circuit(TIPPER)
    assert (called_off["called_off"], called_off["plan_id"]) == (True, str(again.plan_id))
    assert [visit["kind"] for visit in called_off["visits"]] == ["depot", "depot"]
    goes_on = town.circuit(COMPACTOR)
    assert (goes_on["called_off"], goes_on["plan_id"]) == (False, str(again.plan_id))
    words = {visit["place"]: visit["confirmed"] for visit in goes_on["visits"] if visit["kind"] == "stop"}
    assert [place for place, word in words.items() if word == "done"] == done
    assert [c["done"] for c in town.state()["circuits"] if c["truck"] == COMPACTOR] == [4]


def test_order_as_of_before_it_was_driven_leaves_the_driving_out(town: Town) -> None:
    """How the same day was to be planned when it was sent: what was done since is not in it."""
    first_stop_at = min(v.leave_at for c in town.plan(town.state()["plan"]["plan_id"]).circuits for v in c.stops)
    then = town.order(as_of=(first_stop_at - timedelta(minutes=1)).isoformat())
    assert then.begins_at == first_stop_at - timedelta(minutes=1)
    assert all(stop.leave_at > then.begins_at for circuit in then.circuits for stop in circuit.stops)


@pytest.mark.parametrize("wrong", [{"as_of": "2027-01-01T00:00:00Z"}, {"day": "2026-03-02"}, {"day": "9999-12-31"}])
def test_orders_out_of_time_are_refused(town: Town, wrong: dict[str, str]) -> None:
    """By the API of the running service, before anything is ordered."""
    assert town.office.post("/api/v1/plan", json={"day": DAY.isoformat()} | wrong).status_code == 422
