"""One city's many orders: another's waits for one of them at most, and what is asked twice is planned once."""

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.contracts.planning import PlanDay, PlanningProgressed
from services.contracts.topics import PLANNING
from services.operations.meters import PlannerMeter
from services.operations.probe import Probe
from services.operations.service import Service, Stopping
from services.planning import main
from services.planning.freshness import CityAges
from services.planning.planner import Planner
from services.planning.waiting import FLOOR_S, MOST_OF_A_CITY, QUOTA_S, WINDOW_S, Waiting
from services.settings import Settings
from services.stream.kafka import Record
from tests.support.orders import day_order
from tests.support.web_seed import DAY, NOW
from tests.twins.stream import MemoryStream


def order(city: str, number: int = 1, limit_s: float = 20.0) -> PlanDay:
    """Each of another seed: no two are the same."""
    changes = {"request_id": uuid4(), "seed": number, "time_limit_s": limit_s}
    return day_order(city, DAY, NOW).model_copy(update=changes)


def carry_out_all(waiting: Waiting, now_s: float = 0.0) -> list[tuple[str, float]]:
    """City and limit of each in turn; every order takes its whole limit."""
    done = []
    while len(waiting):
        taken = waiting.take_next(now_s).order
        now_s += taken.time_limit_s
        waiting.spend(taken.city, taken.time_limit_s, now_s)
        done.append((taken.city, taken.time_limit_s))
    return done


def test_second_city_waits_for_one_order_of_the_first() -> None:
    """Four orders of 20 s: the other city's, which came last, is second. It waited 20 s and not 80."""
    waiting = Waiting()
    for number in range(4):
        waiting.add(order("large", number))
    first = waiting.take_next(0.0).order
    waiting.spend(first.city, 20.0, 20.0)
    waiting.add(order("small"))
    assert [city for city, _ in carry_out_all(waiting, 20.0)] == ["small", "large", "large", "large"]


def test_cities_that_order_without_end_share_the_time_and_not_the_orders() -> None:
    """Of two cities with searches of 60 s and of 20 s, the second has three orders to each of the first."""
    waiting = Waiting()
    for number in range(9):
        waiting.add(order("slow", number, 60.0))
        waiting.add(order("quick", number, 20.0))
    first_eight = [city for city, _ in carry_out_all(waiting)][:8]
    assert (first_eight.count("slow"), first_eight.count("quick")) == (2, 6)


def test_city_beyond_its_quota_is_searched_for_briefly_until_the_hour_is_over() -> None:
    """Half an hour of searching in an hour; then thirty seconds an order, which is most of what there is to save."""
    waiting = Waiting()
    waiting.spend("large", QUOTA_S - 100, 10.0)
    waiting.add(order("large", 1, 3600))
    waiting.add(order("large", 2, 3600))
    assert carry_out_all(waiting, 20.0) == [("large", 100), ("large", FLOOR_S)]
    waiting.add(order("large", 3, 1200))
    assert waiting.take_next(WINDOW_S + 1000).order.time_limit_s == 1200


def test_same_order_twice_is_one_and_both_hear_of_it() -> None:
    """A second press of the button, and the same message again after a fall."""
    waiting = Waiting()
    first = order("town")
    again = first.model_copy(update={"request_id": uuid4(), "as_of": NOW + timedelta(seconds=5)})
    later = first.model_copy(update={"request_id": uuid4(), "as_of": NOW + timedelta(minutes=5)})
    for each in (first, first, again, again, later):
        assert waiting.add(each)
    assert len(waiting) == 2
    taken = waiting.take_next(0.0)
    assert (taken.order, taken.twins) == (first, [again])

    stream = MemoryStream()
    planner = Planner(stream, SystemClock())
    planner._twins = taken.twins
    planner._tell(first, "finished", plan_id=uuid4())
    told = [PlanningProgressed.model_validate_json(value) for topic, _, value in stream.sent if topic == PLANNING]
    assert [(one.request_id, one.state) for one in told] == [
        (first.request_id, "finished"),
        (again.request_id, "finished"),
    ]
    assert told[0].plan_id == told[1].plan_id


def test_city_may_not_fill_the_memory_with_orders() -> None:
    """A hundred wait; the next is refused, of that city alone."""
    waiting = Waiting()
    assert all(waiting.add(order("large", number)) for number in range(MOST_OF_A_CITY))
    assert not waiting.add(order("large", 1000))
    assert waiting.add(order("small"))


class Carried:
    """The planner's place: remembers whom it served."""

    def __init__(self) -> None:
        self.cities: list[str] = []
        self.served: list[UUID] = []

    def carry_out(self, connection: object, order: PlanDay, twins: Sequence[PlanDay]) -> None:  # noqa: ARG002
        self.cities.append(order.city)
        self.served += [order.request_id, *(twin.request_id for twin in twins)]


class AtOnce:
    """The store's place: always there."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def run(self, work: Callable[[object], None], *, what: str) -> bool:  # noqa: ARG002
        work(None)
        return True


@pytest.fixture
def service() -> Iterator[Service]:
    """A process' own, whose signals are put back in the end."""
    probe = Probe("tested")
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Service(Stopping(probe.turned), probe)
    for number, handler in kept.items():
        signal.signal(number, handler)


def orders_of(service: Service, carried: Carried, commit: Callable[[], None]) -> main.Orders:
    """The process' own loop over this planner; without mornings."""
    config = Settings.model_construct(database_url=SecretStr("x"))
    orders = main.Orders(carried, CityAges(SystemClock()), config, service, PlannerMeter(), commit)  # type: ignore[arg-type]
    orders._looked_s = math.inf
    return orders


def test_kafka_hears_of_orders_once_none_waits_any_more(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    """What comes meanwhile is dealt in, what fails is told, and nothing counts as done early."""
    monkeypatch.setattr(main, "StoreLink", AtOnce)
    monkeypatch.setattr(main, "is_settled", lambda _connection, told: told.city == "done")
    carried, commits = Carried(), list[int]()
    orders = orders_of(service, carried, lambda: commits.append(len(carried.cities)))
    many = [Record("orders", 0, n, b"", order("large", n).to_bytes()) for n in range(3)]
    assert not orders.take([*many, Record("orders", 0, 3, b"", b"not an order")])
    assert not orders.take([Record("orders", 1, 0, b"", order("small").to_bytes())])
    assert carried.cities == ["large", "small"]
    orders.between(0)
    assert commits == []
    orders.between(0)
    assert (carried.cities, commits) == (["large", "small", "large", "large"], [4])
    orders.between(0)
    assert commits == [4]
    # Again after a fall: passed over, and settled at once.
    assert orders.take([Record("orders", 0, 4, b"", order("done").to_bytes())])
    assert len(carried.cities) == 4


def test_twins_of_an_order_that_was_settled_are_carried_out(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    """Protects orders given while a planner hung: the one it had done comes again with them, and they are like it."""
    monkeypatch.setattr(main, "StoreLink", AtOnce)
    first, *later = (order("large") for _ in range(3))
    settled = {first.request_id}
    monkeypatch.setattr(main, "is_settled", lambda _connection, told: told.request_id in settled)
    carried = Carried()
    orders = orders_of(service, carried, lambda: None)
    assert orders.take([Record("orders", 0, n, b"", each.to_bytes()) for n, each in enumerate((first, *later))])
    assert carried.served == [each.request_id for each in later]
