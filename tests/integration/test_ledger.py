"""The ledger on a real PostgreSQL: lines that are only ever added to, of events however late, and none lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from infra.migrate import migrate
from services.cli.city import city_app
from services.contracts.telemetry import PositionReceived, WeighingReceived
from services.ledger import main as ledger
from services.ledger.main import LedgerKeeper
from services.operations.meters import LedgerMeter
from services.settings import settings
from services.store.connection import connect
from services.store.upkeep import run_upkeep
from services.writer.day import store_plans
from services.writer.devices import store_weighings
from services.writer.telemetry import store_positions
from services.writer.weights import share_weights
from tests.support.driven_tracks import track_of
from tests.support.ledger_town import AFTER, CITY, DAY, MORNING, Town, driven_day


@pytest.fixture
def town(empty_url: str) -> Iterator[Town]:
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield Town(connection)


def test_a_day_grows_by_lines_that_stay(town: Town) -> None:
    """Sent, under way, over, and a phone that comes back two weeks later: a line each, with its reason."""
    plan = town.send(town.plan())
    one, other = (circuit.truck for circuit in plan.circuits)
    town.look(MORNING)
    town.confirm(plan, one)
    town.look(MORNING + timedelta(minutes=9))  # too early for another line of a day under way
    assert [line.reasons for line in town.lines()] == [("first",)]
    town.look(MORNING + timedelta(minutes=10))
    town.look(AFTER)
    town.at = AFTER + timedelta(days=13)
    town.confirm(plan, other)
    town.look()
    lines = town.lines()
    assert [line.reasons for line in lines] == [("first",), ("events",), ("day_over",), ("events",)]
    assert [line.finished for line in lines] == [False, False, True, True]
    assert [line.follows for line in lines] == [None, *(line.computation_id for line in lines[:-1])]
    assert [line.driven.circuits for line in lines] == [0, 1, 1, 2]
    assert town.line() == lines[-1]
    assert {line.registry_version for line in lines} == {1}
    assert town.marks() == []
    town.look(AFTER + timedelta(days=40))
    assert town.lines() == lines


def test_what_a_scale_said_makes_a_further_line(town: Town) -> None:
    """A truck comes to the scale with more than was believed of its stops: the fixed circuits' were heavier too."""
    plan = driven_day(town)
    town.look(AFTER)
    before = town.line()
    circuit = next(circuit for circuit in plan.circuits if circuit.stops)
    first_site = next(visit for visit in circuit.visits if visit.kind == "disposal")
    believed_kg = {forecast.container: forecast.demand_kg for forecast in plan.forecasts}
    aboard = circuit.visits[: circuit.visits.index(first_site)]
    net_kg = 1.3 * sum(believed_kg[visit.place] for visit in aboard if visit.kind == "stop" and visit.place)
    weighed_at = first_site.leave_at
    weighing = WeighingReceived(
        city=CITY, scale=first_site.place or "", net_kg=net_kg, from_truck=circuit.truck, happened_at=weighed_at,
        received_at=weighed_at,
    )  # fmt: skip
    town.write(store_weighings, [weighing])
    assert share_weights(town.connection, lambda: False)[0] > 0
    town.look(AFTER + timedelta(hours=1))
    line = town.line()
    assert (line.number, line.reasons) == (before.number + 1, ("weights",))
    assert before.weighed is None
    assert line.weighed is not None
    assert (line.weighed.loads, line.weighed.weighed_kg) == (1, pytest.approx(net_kg, abs=0.1))
    assert line.weighed.load_factor == pytest.approx(1 + 0.3 * 0.333, abs=0.001)
    assert line.baseline is not None
    assert before.baseline is not None
    heavier = line.baseline.collected_kg / before.baseline.collected_kg
    assert heavier == pytest.approx(line.weighed.load_factor, abs=0.001)
    assert line.driven.collected_kg == pytest.approx(
        before.driven.collected_kg * heavier, abs=0.1
    )  # and what was driven
    assert line.driven.fuel_l == before.driven.fuel_l
    town.look(AFTER + timedelta(hours=2))
    assert town.line() == line  # and it is counted once


def test_a_day_on_which_nothing_more_happened_is_finished_all_the_same(town: Town) -> None:
    """Its crews were back at noon; looked at again in the afternoon it was as before, and at midnight it is over."""
    plan = driven_day(town)
    town.look(MORNING + timedelta(hours=10))
    town.drive(plan)  # the same positions, sent again
    town.look(MORNING + timedelta(hours=11))
    assert len(town.published) == 1
    town.keeper = town.new_keeper()
    town.look(AFTER + timedelta(days=60))
    assert [line.reasons for line in town.lines()] == [("first",), ("day_over",)]
    assert town.lines()[0].driven == town.lines()[1].driven
    town.look()
    assert town.marks() == []


@pytest.mark.parametrize(
    "change", ["UPDATE savings_line SET number = 9", "DELETE FROM savings_line", "TRUNCATE savings_line"]
)
def test_the_store_refuses_to_change_a_line(town: Town, change: str) -> None:
    """Not a figure of the past is changed by any hand that has only this application's rights."""
    driven_day(town)
    town.look(AFTER)
    with pytest.raises(psycopg.errors.RaiseException, match="never changed"), town.connection.transaction():
        town.connection.execute(change.encode())
    assert len(town.lines()) == 1


def test_a_late_word_counts_for_the_people_served_on_the_days_after_it(town: Town) -> None:
    """Two emptyings in seven days: a word of Tuesday that comes on Thursday changes Wednesday's people too."""
    plans = [town.send(town.plan(DAY + timedelta(days=n)), MORNING + timedelta(days=n)) for n in range(2)]
    truck = plans[1].circuits[0].truck
    town.confirm(plans[1], truck)
    town.look(AFTER + timedelta(days=1))
    assert town.line(DAY + timedelta(days=1)).served_people == 0
    town.confirm(plans[0], truck)
    town.look()
    assert [line.reasons for line in town.lines(DAY + timedelta(days=1))] == [("first",), ("events",)]
    assert town.line(DAY + timedelta(days=1)).served_people > 0


def test_a_plan_sent_again_makes_a_line_at_once_and_changes_no_figure(town: Town) -> None:
    """What crews did under the morning's plan counts; the plan in force is named."""
    plan = town.send(town.plan())
    one, other = plan.circuits
    town.confirm(plan, one.truck, last=4)
    town.confirm(plan, other.truck, last=4)
    town.look(MORNING + timedelta(hours=5))
    before = town.line()
    again = town.send(town.plan(circuits=(one,)))
    town.look(MORNING + timedelta(hours=5, minutes=1))
    after = town.line()
    assert (after.number, after.reasons, after.plan_id) == (2, ("plan",), again.plan_id)
    assert (after.driven, after.baseline, after.fuel_saved_l) == (before.driven, before.baseline, before.fuel_saved_l)
    assert before.driven.stops > 0


def test_days_to_come_and_days_without_a_plan_have_no_line(town: Town) -> None:
    """Tomorrow's plan saves nothing yet; positions of a day on which nothing was sent ask for no line."""
    town.send(town.plan(DAY + timedelta(days=1)))
    far = town.plan().model_copy(update={"plan_id": UUID(int=9), "day": date(2199, 12, 31)})
    town.write(store_plans, [far])
    town.send(far)
    other = town.plan(DAY)  # made, not sent
    town.drive(other)
    town.look(MORNING)
    assert town.published == []
    assert town.marks() == [DAY + timedelta(days=1), date(2199, 12, 31)]


def test_a_plan_sent_after_its_day_was_never_driven(town: Town) -> None:
    """Yesterday's page has a button too: no phantom circuits on a day that is over, no saving of a day without any."""
    plan = driven_day(town)
    town.look(AFTER)
    before = town.line()
    town.send(town.plan(), AFTER)
    town.send(town.plan(DAY - timedelta(days=1)), AFTER)
    town.look()
    assert town.lines() == [before]
    assert before.plan_id == plan.plan_id
    assert town.lines(DAY - timedelta(days=1)) == []
    assert town.marks() == []


def test_a_day_keeps_its_registry_when_the_city_changes(town: Town) -> None:
    """A truck and a container taken out of the folder next morning: yesterday was driven with them."""
    plan = driven_day(town)
    town.look(AFTER)
    before = town.line()
    gone_truck, gone_container = plan.circuits[0].truck, plan.circuits[0].stops[0].place
    town.at = AFTER
    town.load(
        town.registry.model_copy(
            update={
                "trucks": tuple(truck for truck in town.registry.trucks if truck.id != gone_truck),
                "containers": tuple(c for c in town.registry.containers if c.id != gone_container),
                "baseline": tuple(
                    s for s in town.registry.baseline if s.truck != gone_truck and s.container != gone_container
                ),
            }
        )
    )
    town.confirm(plan, gone_truck, last=1, happened_at=plan.circuits[0].visits[-1].arrive_at)  # the same word again
    town.look()
    assert len(town.lines()) == 2
    assert town.line().registry_version == before.registry_version == 1
    assert town.line().driven == before.driven
    assert town.line().baseline == before.baseline


def test_past_days_are_counted_again_with_a_corrected_folder_on_request(
    town: Town, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trucks were found to burn half as much again: not by itself, and for good once somebody has asked."""
    plan = driven_day(town)
    town.look(AFTER)
    before = town.line()
    classes = [c.model_copy(update={"drive_l_per_km": 1.5 * c.drive_l_per_km}) for c in town.registry.truck_classes]
    assert town.load(town.registry.model_copy(update={"truck_classes": tuple(classes)})) == 2
    town.look(AFTER + timedelta(hours=1))
    assert town.lines() == [before]
    monkeypatch.setenv("TOURNEE_DATABASE_URL", empty_url)
    settings.cache_clear()
    recount = CliRunner().invoke(city_app, ["recount", CITY, "--from", "2026-03-01", "--until", "2026-03-31"])
    assert "counts 1 days again with version 2" in recount.output
    audit = town.rows("SELECT who, what, detail FROM audit ORDER BY audit_id DESC")[0]
    assert (audit["what"], audit["detail"]["registry_version"]) == ("days counted again", 2)
    for wrong in (["--until", "2026-03-02"], ["--until", "2026-03-31", "--version", "9"]):
        assert CliRunner().invoke(city_app, ["recount", CITY, "--from", "2026-03-01", *wrong]).exit_code == 1
    settings.cache_clear()
    town.look()
    after = town.line()
    assert (after.reasons, after.registry_version, after.follows) == (("registry",), 2, before.computation_id)
    # Half as much again of the kilometres' part, the same of the stops' and the idling.
    l_per_km = {row.id: row.drive_l_per_km for row in town.registry.truck_classes}
    of_truck = {truck.id: l_per_km[truck.truck_class] for truck in town.registry.trucks}
    km_l = sum(of_truck[circuit.truck] * circuit.distance_m / 1000 for circuit in plan.circuits)
    assert after.driven.fuel_l - before.driven.fuel_l == pytest.approx(0.5 * km_l, rel=0.02)
    assert after.driven.distance_m == before.driven.distance_m
    town.confirm(plan, plan.circuits[0].truck, last=1)  # late, and still by version 2
    town.look()
    assert (town.line().number, town.line().registry_version) == (3, 2)


def test_a_plan_that_has_not_come_is_waited_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics travel apart. The other day of the look is not held up."""
    monkeypatch.setattr(ledger, "AGAIN_S", 0.0)
    late = town.plan(DAY + timedelta(days=1))
    with town.connection.transaction():
        for table in ("stop", "circuit", "plan"):
            town.connection.execute(f"DELETE FROM {table} WHERE plan_id = %s", [late.plan_id])
    town.send(town.plan())
    town.send(late)
    town.look(AFTER + timedelta(days=1))
    assert (len(town.lines()), len(town.lines(late.day))) == (1, 0)
    assert town.marks() == [late.day]
    town.write(store_plans, [late])
    town.look()
    assert town.line(late.day).plan_id == late.plan_id


def test_a_line_lost_on_its_way_is_published_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The marks of its events stay until the store holds it; then one line counts, however often it was sent."""
    monkeypatch.setattr(ledger, "PATIENCE_S", 0.0)
    driven_day(town)
    town.stores_lines = False
    town.look(AFTER)
    assert town.lines() == []
    assert town.marks() == [DAY]
    town.keeper = town.new_keeper()  # killed and started again
    town.stores_lines = True
    town.look(AFTER + timedelta(minutes=1))
    assert len(town.published) > 2
    assert len({line.computation_id for line in town.published}) == 1
    assert len(town.lines()) == 1
    assert town.marks() == []


def test_positions_stay_until_the_ledger_has_counted_them(town: Town) -> None:
    """A ledger that was down for a season still measures; what it has counted goes when it is old."""
    driven_day(town)
    season = AFTER + timedelta(days=120)

    def upkeep() -> int:
        done = run_upkeep(town.connection, now=season, keep_readings_days=730, keep_positions_days=90)
        assert done is not None
        return done.days_kept

    assert upkeep() == 1
    town.look(season)
    assert town.line().driven_from == "gps"
    assert upkeep() == 0
    assert town.rows("SELECT FROM position") == []
    assert town.line().driven_from == "gps"


def test_a_word_that_comes_after_the_positions_are_gone_keeps_what_they_measured(town: Town) -> None:
    """A phone found in a drawer after four months: its stops count, and the day stays measured."""
    plan = town.send(town.plan())
    one, other = (circuit.truck for circuit in plan.circuits)
    town.confirm(plan, one)
    town.confirm(plan, other, last=3)
    town.drive(plan)
    town.look(AFTER)
    before = town.line()
    assert before.driven_from == "gps"
    season = MORNING + timedelta(days=90, hours=3)  # amid the day's positions: some of them are gone
    for now, left in ((season, True), (season + timedelta(days=30), False)):
        run_upkeep(town.connection, now=now, keep_readings_days=730, keep_positions_days=90)
        assert bool(town.rows("SELECT FROM position")) is left
        town.at = now
        town.confirm(plan, other, first=3 if left else 0)
        town.look()
        after = town.line()
        assert (after.driven_from, after.driven.distance_m) == ("gps", before.driven.distance_m)
        assert (after.fixes, after.latest_fix_at, after.measured) == (
            before.fixes,
            before.latest_fix_at,
            before.measured,
        )
        assert after.driven.stops == sum(len(circuit.stops) for circuit in plan.circuits) > before.driven.stops


def test_a_position_within_the_day_that_comes_late_counts(town: Town) -> None:
    """Not the latest of the day, and yet the track was not whole without it."""
    plan = town.send(town.plan())
    for circuit in plan.circuits:
        town.confirm(plan, circuit.truck)
    circuit = plan.circuits[0]
    track = track_of(circuit)
    first, middle, last = track[: len(track) // 3], track[len(track) // 3 : -60], track[-60:]
    for part in ([*first, *last], middle):
        town.write(
            store_positions,
            [
                PositionReceived(
                    city=CITY, truck=circuit.truck, happened_at=datetime.fromtimestamp(fix.at_s, UTC),
                    received_at=AFTER, lon=fix.lon, lat=fix.lat,
                )
                for fix in part
            ],
        )  # fmt: skip
        town.look(AFTER)
    assert [line.reasons for line in town.lines()] == [("first",), ("events",)]
    assert town.lines()[0].latest_fix_at == town.lines()[1].latest_fix_at
    assert town.lines()[1].road_factor == pytest.approx(1.0, abs=0.05)
    assert town.lines()[1].driven.distance_m != town.lines()[0].driven.distance_m


def test_a_new_arithmetic_makes_a_further_line_of_recent_days(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that reckons otherwise says so, ten days back; older days stay as they were told."""
    plans = [town.send(town.plan(DAY + timedelta(days=n)), MORNING + timedelta(days=n)) for n in (0, 12)]
    town.look(AFTER + timedelta(days=12))
    for module in ("savings", "store"):
        monkeypatch.setattr(f"services.ledger.{module}.ARITHMETIC", 99)
    town.look()
    old, recent = (town.lines(plan.day) for plan in plans)
    assert [line.reasons for line in old] == [("first",)]
    assert [line.reasons for line in recent] == [("first",), ("arithmetic",)]


def test_a_day_that_cannot_be_computed_stops_no_other_and_keeps_its_events(town: Town) -> None:
    """A plan for a truck that no registry knows: told in the log and counted, the other day has its line."""
    broken = town.plan()
    circuits = tuple(circuit.model_copy(update={"truck": "T77"}) for circuit in broken.circuits)
    town.send(town.plan(plan_id=UUID(int=5), circuits=circuits))
    town.send(town.plan(DAY + timedelta(days=1)), MORNING + timedelta(days=1))
    meter = LedgerMeter()
    town.keeper = LedgerKeeper(town, town, meter, lambda: False)  # type: ignore[arg-type]
    town.look(AFTER + timedelta(days=1), times=5)
    assert meter.failed == 1
    assert town.lines() == []
    assert len(town.lines(DAY + timedelta(days=1))) == 1
    assert town.marks() == [DAY]
