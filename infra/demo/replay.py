"""Some days of the city's life, as fast as the sockets take them: planned, sent, driven, confirmed."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from heapq import merge
from typing import Any, NamedTuple

from rich.progress import Progress, TaskID

from infra.demo.operator import OperatorSession
from infra.demo.timepiece import Timepiece
from services.city.registry import Registry
from services.store.connection import Connection
from services.times import instant_of, seconds_of_day
from simulators.events import Confirmation, Event, Outgoing, by_time
from simulators.mqtt import Publisher
from simulators.trucks.phone import DriverClient, Outbox
from simulators.world import World

DAY_TIME_LIMIT_S = 2.0
"""Search time for a replayed day: a demo shows the way, the morning to come gets the city's own limit."""
STORED_PATIENCE_S = 120.0
PHONES_AT_ONCE = 4


class Cast(NamedTuple):
    """Everyone who plays in the demo."""

    registry: Registry
    world: World
    publisher: Publisher
    phones: Mapping[str, DriverClient]
    """By truck."""
    operator: OperatorSession
    timepiece: Timepiece
    store: Connection


def morning_of(registry: Registry, day: date) -> datetime:
    """The instant of a day's planning: a minute before the city's hour, so that the demo is the one who orders."""
    city = registry.city
    return instant_of(day, seconds_of_day(city.planning.plan_at) - 60, city.zone_info)


def replay_day(cast: Cast, day: date, progress: Progress) -> None:
    """From one morning to the next: plan, send, drive, confirm, and all that sensors and trucks say meanwhile."""
    morning, next_morning = morning_of(cast.registry, day), morning_of(cast.registry, day + timedelta(days=1))
    plan = plan_morning(cast, day, DAY_TIME_LIMIT_S, progress)
    if plan["circuits"]:
        cast.operator.dispatch(plan["plan_id"])
    # Drive first: what a sensor says depends on when its bin was emptied.
    driven = list(cast.world.drive(_circuits(cast, day, plan), day))
    cast.timepiece.hold(next_morning)
    fixes = [event for event in driven if isinstance(event, Outgoing)]
    readings = list(cast.world.readings(morning, next_morning))
    task = progress.add_task(f"{day}: sensors and trucks", total=len(fixes) + len(readings))
    with ThreadPoolExecutor(PHONES_AT_ONCE) as crews:
        spoken = [crews.submit(_report, client, truck, driven) for truck, client in cast.phones.items()]
        cast.publisher.publish_all(_counted(merge(readings, fixes, key=by_time), progress, task))
        for crew in spoken:
            crew.result()
    progress.remove_task(task)
    wait_until_stored(cast)


def plan_morning(cast: Cast, day: date, time_limit_s: float, progress: Progress) -> dict[str, Any]:
    """The plan of one morning, with its progress shown."""
    task = progress.add_task(f"{day}: planning", total=time_limit_s)

    def told(news: dict[str, Any]) -> None:
        best = f", {news['distance_m'] / 1000:,.0f} km" if news.get("distance_m") else ""
        progress.update(task, completed=news["elapsed_s"], description=f"{day}: planning{best}")

    plan = cast.operator.plan(day, morning_of(cast.registry, day), time_limit_s, told)
    progress.remove_task(task)
    return plan


def wait_until_stored(cast: Cast) -> None:
    """Wait until every acknowledged message is in the store, as a reading, a position or a rejection.

    Raises:
        TimeoutError: not within two minutes; the writer's log says why.
    """
    wanted, deadline = cast.publisher.counts.acknowledged, time.monotonic() + STORED_PATIENCE_S
    while (stored := _stored(cast.store)) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{wanted - stored} of {wanted} messages are not in the store yet; see the writer's log")
        time.sleep(0.2)


def _stored(store: Connection) -> int:
    with store.transaction():
        row = store.execute(
            "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM position)"
            " + (SELECT count(*) FROM rejected) AS n"
        ).fetchone()
    return int(row["n"]) if row else 0


def _circuits(cast: Cast, day: date, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Each phone fetches its truck's circuit."""
    clients = [cast.phones[circuit["truck"]] for circuit in plan["circuits"]]
    with ThreadPoolExecutor(PHONES_AT_ONCE) as crews:
        return list(crews.map(lambda client: _fetch(client, day, plan["plan_id"]), clients))


def _fetch(client: DriverClient, day: date, plan_id: str) -> dict[str, Any]:
    """The circuit of this plan, as soon as the writer has put its dispatch into the store."""
    deadline = time.monotonic() + STORED_PATIENCE_S
    while time.monotonic() < deadline:
        circuit = client.find_circuit(day)
        if circuit is not None and circuit["plan_id"] == plan_id:
            return circuit
        time.sleep(0.1)
    raise TimeoutError(f"a truck was not given its circuit of {day}; see the writer's and the web's log")


def _report(client: DriverClient, truck: str, driven: Iterable[Event]) -> None:
    """The crew's words of the day, through the phone's own outbox, until all are accepted."""
    outbox = Outbox(client)
    for event in driven:
        if isinstance(event, Confirmation) and event.truck == truck:
            outbox.put(event)
    deadline = time.monotonic() + STORED_PATIENCE_S
    while len(outbox):
        outbox.flush()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(outbox)} confirmations of {truck} were not accepted; see the web's log")


def _counted(messages: Iterable[Outgoing], progress: Progress, task: TaskID) -> Iterator[Outgoing]:
    """The messages, with the bar moved every five hundred."""
    for number, message in enumerate(messages, start=1):
        yield message
        if number % 500 == 0:
            progress.advance(task, 500)
