"""The ledger of a town that two fleets share, on a real PostgreSQL: a line each, and none waits for the other."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from infra.migrate import migrate
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade
from services.ledger import main as ledger
from services.store.connection import connect
from services.writer.day import store_plans
from tests.support.example_town import LORRIES, TIPPERS, example_town, two_fleet_town
from tests.support.ledger_town import AFTER, DAY, MORNING, Town, driven_day

TUESDAY = DAY  # of the fixed circuits only Sè's is driven on it, four stops of RB-1021's


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    """The town of the lorries and the tippers."""
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield Town(connection, two_fleet_town())


def line_of(town: Town, fleet: str) -> SavingsComputed:
    """The one that counts."""
    (row,) = town.rows("SELECT document FROM savings_day WHERE day = %s AND fleet_id = %s", TUESDAY, fleet)
    return SavingsComputed.model_validate(row["document"])


def sent(town: Town, fleet: str, **changes: object) -> PlanMade:
    return town.send(town.plan(fleet=fleet, **changes))


def test_each_fleet_has_its_own_figures(town: Town) -> None:
    """What one's crews did is on its line alone: stops, positions, fixed circuits; a zone's containers are parted."""
    plans = {fleet: sent(town, fleet) for fleet in (LORRIES, TIPPERS)}
    for plan in plans.values():
        town.confirm(plan, plan.circuits[0].truck)
    town.drive(plans[LORRIES])
    town.look(AFTER)
    lines = {fleet: line_of(town, fleet) for fleet in plans}
    for fleet, line in lines.items():
        (circuit,) = plans[fleet].circuits
        assert (line.plan_id, line.driven.stops) == (plans[fleet].plan_id, len(circuit.stops))
        assert [row.plan_id for row in line.plans] == [plans[fleet].plan_id]
    assert (lines[LORRIES].driven_from, lines[TIPPERS].driven_from) == ("gps", "plan")
    assert lines[LORRIES].fixes > 0
    assert (lines[TIPPERS].fixes, lines[TIPPERS].latest_fix_at) == (0, None)
    baselines = {fleet: line.baseline for fleet, line in lines.items()}
    assert {fleet: (b.circuits, b.stops) for fleet, b in baselines.items() if b} == {LORRIES: (1, 4), TIPPERS: (0, 0)}
    containers = {fleet: {z.zone: z.containers for z in line.zones if z.containers} for fleet, line in lines.items()}
    assert containers == {LORRIES: {"centre": 5, "se": 4}, TIPPERS: {"doutou": 3}}


def test_what_happens_to_one_writes_no_line_of_the_other(town: Town) -> None:
    """A phone of the tippers comes back two weeks later: the lorries' day is as it was told."""
    plans = {fleet: sent(town, fleet) for fleet in (LORRIES, TIPPERS)}
    town.look(AFTER)
    before = line_of(town, LORRIES)
    town.at = AFTER + timedelta(days=13)
    town.confirm(plans[TIPPERS], plans[TIPPERS].circuits[0].truck)
    town.look()
    assert line_of(town, TIPPERS).reasons == ("events",)
    assert line_of(town, LORRIES) == before
    assert len(town.lines()) == 3
    assert town.marks() == []


def test_plan_sent_again_makes_a_line_of_its_fleet_at_once(town: Town) -> None:
    """A day under way waits ten minutes for its next line, another plan does not; the other fleet's line stays."""
    for fleet in (LORRIES, TIPPERS):
        sent(town, fleet)
    town.look(MORNING)
    town.at = MORNING + timedelta(minutes=1)
    again = sent(town, TIPPERS)
    town.look()
    assert [(line.fleet, line.reasons) for line in town.published] == [
        (LORRIES, ("first",)), (TIPPERS, ("first",)), (TIPPERS, ("plan",)),
    ]  # fmt: skip
    assert line_of(town, TIPPERS).plan_id == again.plan_id


def test_a_fleet_that_cannot_be_counted_stops_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """One plan asks for a truck that no registry knows: it is told, its events stay, and the other has its line."""
    monkeypatch.setattr(ledger, "AGAIN_S", 0.0)
    sent(town, LORRIES)
    broken = town.plan(fleet=TIPPERS)
    circuits = tuple(circuit.model_copy(update={"truck": "T77"}) for circuit in broken.circuits)
    sent(town, TIPPERS, plan_id=UUID(int=5), circuits=circuits)
    town.look(AFTER, times=4)
    assert [line.fleet for line in town.lines()] == [LORRIES]
    assert town.marks() == [TUESDAY]


def test_a_plan_on_its_way_holds_up_its_own_fleet_only(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics travel apart: the dispatch is here, its plan not yet."""
    monkeypatch.setattr(ledger, "AGAIN_S", 0.0)
    sent(town, LORRIES)
    late = town.plan(fleet=TIPPERS)
    with town.connection.transaction():
        for table in ("stop", "circuit", "plan"):
            town.connection.execute(f"DELETE FROM {table} WHERE plan_id = %s", [late.plan_id])
    town.send(late)
    town.look(AFTER)
    assert [line.fleet for line in town.lines()] == [LORRIES]
    town.write(store_plans, [late])
    town.look()
    assert sorted(line.fleet for line in town.lines()) == [LORRIES, TIPPERS]
    assert town.marks() == []


def test_yesterday_stays_the_only_fleets_when_the_city_is_parted(empty_url: str) -> None:
    """A late word of the day before: counted with the registry of that day, under the fleet that there was."""
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        town = Town(connection, example_town())
        plan = driven_day(town)
        town.look(AFTER)
        before = town.line()
        town.at = AFTER
        town.load(two_fleet_town())
        town.confirm(plan, plan.circuits[0].truck, last=1, happened_at=plan.circuits[0].visits[-1].arrive_at)
        town.look()
        assert [line.fleet for line in town.lines()] == [ONLY_FLEET] * 2
        assert (town.line().driven, town.line().baseline) == (before.driven, before.baseline)
        assert town.line().registry_version == 1
