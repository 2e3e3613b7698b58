"""Changing a plan over the web: prices before the drop, events with authors, undo to any depth, two operators."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.contracts import topics
from services.contracts.planning import PlanDay, PlanDispatched, PlanMade
from services.planning.store import find_next
from services.store.connection import connect
from services.writer.day import store_dispatches, store_plans
from tests.support.hand_city import AWA, CITY, KOSSI, NOW, StoringStream, log_in, put_hand_city, put_plan_anew
from tests.support.hand_town import DAY, FIRST, SECOND, TIPPER, hand_plan, hand_town, order_of
from tests.support.web_server import Running, serve


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    put_hand_city(database_url)
    with serve(database_url, stream, NOW) as running:
        yield running


@pytest.fixture
def plan(web: Running, database_url: str, stream: StoringStream) -> PlanMade:
    """A day that nobody has changed, the evening before."""
    web.clock.at = NOW
    stream.sent.clear()
    return put_plan_anew(database_url)


@pytest.fixture
def awa(web: Running, plan: PlanMade) -> Iterator[httpx.Client]:  # noqa: ARG001 - the plan comes first
    with closing(log_in(web, AWA)) as client:
        yield client


@pytest.fixture
def kossi(web: Running, plan: PlanMade) -> Iterator[httpx.Client]:  # noqa: ARG001
    with closing(log_in(web, KOSSI)) as client:
        yield client


def change(client: httpx.Client, plan_id: object, kind: str, **what: object) -> UUID:
    answer = client.post(f"/api/v1/plans/{plan_id}/changes", json={"kind": kind, **what})
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["plan_id"])


def read(client: httpx.Client, plan_id: object) -> PlanMade:
    return PlanMade.model_validate(client.get(f"/api/v1/plans/{plan_id}").json())


def state(client: httpx.Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/state", params={"day": DAY.isoformat()}).json())


def test_price_is_told_before_the_drop_and_is_that_of_the_plan_after_it(awa: httpx.Client, plan: PlanMade) -> None:
    container = order_of(plan, FIRST)[1]
    places = awa.get(f"/api/v1/plans/{plan.plan_id}/places", params={"container": container}).json()
    assert {place["truck"] for place in places} == {FIRST, SECOND, TIPPER}
    offer = next(place for place in places if place["truck"] == SECOND)
    made = read(awa, change(awa, plan.plan_id, "place", container=container, truck=SECOND))
    assert container in order_of(made, SECOND)
    assert made.totals.fuel_l - plan.totals.fuel_l == pytest.approx(offer["extra_fuel_l"], abs=0.03)
    assert made.totals.duty_s - plan.totals.duty_s == offer["extra_duty_s"]


def test_change_is_an_event_with_author_and_instant(
    awa: httpx.Client, plan: PlanMade, stream: StoringStream, database_url: str
) -> None:
    """One message, the plan with its change; the store has both or neither, and the audit log who did it."""
    made = change(awa, plan.plan_id, "lock", truck=FIRST)
    ((topic, key, value),) = stream.sent
    assert (topic, key) == (topics.PLANS, b"houeyogbe/main")
    told = PlanMade.model_validate_json(value).change
    assert told is not None
    assert (told.changed_by, told.changed_at, told.parent, told.kind) == ("awa", NOW, plan.plan_id, "lock")
    with connect(database_url, name="test") as connection:
        row = connection.execute("SELECT changed_by, parent_id, root_id FROM plan_change WHERE plan_id = %s", (made,))
        assert row.fetchone() == {"changed_by": "awa", "parent_id": plan.plan_id, "root_id": plan.plan_id}
        audit = connection.execute(
            "SELECT who FROM audit WHERE what = 'plan changed' ORDER BY happened_at DESC LIMIT 1"
        )
        assert audit.fetchone() == {"who": "awa"}


def test_same_wish_twice_is_one_change(awa: httpx.Client, plan: PlanMade) -> None:
    """A second press of the button, or an answer that was lost on the way."""
    wish = {"change_id": str(uuid4()), "kind": "leave_out", "container": "HOU-002"}
    first, second = (awa.post(f"/api/v1/plans/{plan.plan_id}/changes", json=wish).json() for _ in range(2))
    assert first == second
    assert len(awa.get(f"/api/v1/plans/{plan.plan_id}/changes").json()["changes"]) == 1


def test_undo_and_redo_go_to_any_depth(awa: httpx.Client, plan: PlanMade) -> None:
    """Three changes taken back one by one, two made again, and a new change forgets the third."""
    head: object = plan.plan_id
    orders = [order_of(plan, FIRST)]
    for container in ("HOU-002", "HOU-003", "HOU-004"):
        head = change(awa, head, "place", container=container, truck=FIRST, last=True)
        orders.append(order_of(read(awa, head), FIRST))
    for depth in (2, 1, 0):
        head = change(awa, head, "undo")
        assert order_of(read(awa, head), FIRST) == orders[depth]
    refused = awa.post(f"/api/v1/plans/{head}/changes", json={"kind": "undo"})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_undo")
    for depth in (1, 2):
        head = change(awa, head, "redo")
        assert order_of(read(awa, head), FIRST) == orders[depth]
    head = change(awa, head, "lock", truck=SECOND)
    refused = awa.post(f"/api/v1/plans/{head}/changes", json={"kind": "redo"})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_redo")
    assert read(awa, head).by_hand.locked == (SECOND,)


def test_second_operator_sees_the_first_s_change_and_keeps_or_takes(
    awa: httpx.Client, kossi: httpx.Client, plan: PlanMade
) -> None:
    """Both have the same page open and change the same circuit; the second is told who did what, and chooses."""
    theirs = change(awa, plan.plan_id, "place", container="HOU-002", truck=FIRST, last=True)
    wish = {"change_id": str(uuid4()), "kind": "place", "container": "HOU-003", "truck": FIRST, "last": True}
    refused = kossi.post(f"/api/v1/plans/{plan.plan_id}/changes", json=wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "changed_meanwhile")
    (told,) = refused.json()["errors"]
    assert told["where"] == ["plan", str(theirs)]
    assert told["message"].startswith("awa, ")
    assert "place HOU-002" in told["message"]
    made = change(kossi, plan.plan_id, "place", container="HOU-003", truck=FIRST, last=True, sure=str(theirs))
    assert order_of(read(kossi, made), FIRST) == ["HOU-004", "HOU-002", "HOU-003"]  # hers stays, his comes on top
    history = kossi.get(f"/api/v1/plans/{plan.plan_id}/changes").json()
    assert [row["change"]["changed_by"] for row in history["changes"]] == ["awa", "kossi"]


def test_changes_of_different_circuits_do_not_disturb_each_other(
    awa: httpx.Client, kossi: httpx.Client, plan: PlanMade
) -> None:
    change(awa, plan.plan_id, "place", container="HOU-002", truck=FIRST, last=True)
    made = change(kossi, plan.plan_id, "lock", truck=SECOND)
    both = read(kossi, made)
    assert both.by_hand.locked == (SECOND,)
    assert order_of(both, FIRST)[-1] == "HOU-002"


def test_two_changes_at_the_very_same_moment_are_one_after_the_other(
    awa: httpx.Client, plan: PlanMade, database_url: str
) -> None:
    """Kafka has both, made of the same plan: the store keeps the first, and the second plan is nobody's."""
    made = read(awa, change(awa, plan.plan_id, "lock", truck=FIRST))
    assert made.change is not None
    other = made.model_copy(
        update={"plan_id": uuid4(), "change": made.change.model_copy(update={"change_id": uuid4()})}
    )
    with connect(database_url, name="writer") as connection:
        store_plans(connection, [other])
        store_plans(connection, [made])  # and what comes twice stands once
        assert find_next(connection, plan.plan_id) == made.plan_id
        found = connection.execute("SELECT FROM plan WHERE plan_id = %s", (other.plan_id,)).fetchone()
    assert found is None


def test_everybody_sees_the_changed_plan_with_its_badges_until_it_is_sent(
    awa: httpx.Client, kossi: httpx.Client, plan: PlanMade
) -> None:
    made = change(awa, plan.plan_id, "place", container="HOU-003", truck=SECOND)
    assert state(kossi)["plan"]["plan_id"] == str(made)
    assert state(kossi)["offers"] == []  # the plan it was made of is no other plan
    page = kossi.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert "1 changement, pas encore envoyé" in page
    assert f"venu de {FIRST}" in page
    assert "awa, 19:00" in page  # the town's clock
    look = kossi.get("/operateur/envoi", params={"plan": str(made)}).text
    assert "1 changement à la main, par awa." in look
    assert kossi.post("/api/v1/dispatches", json={"plan_id": str(made)}).status_code == 202
    sent = kossi.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert "pas encore envoyé" not in sent
    assert f"venu de {FIRST}" not in sent
    further = change(awa, made, "leave_out", container="HOU-003")
    assert state(kossi)["plan"]["plan_id"] == str(further)  # what the drivers have is not what is worked on
    assert "1 changement, pas encore envoyé" in kossi.get("/operateur", params={"jour": DAY.isoformat()}).text


def test_circuit_on_the_road_is_not_changed_by_hand(awa: httpx.Client, web: Running, plan: PlanMade) -> None:
    assert awa.post("/api/v1/dispatches", json={"plan_id": str(plan.plan_id)}).status_code == 202
    first = next(circuit for circuit in plan.circuits if circuit.truck == FIRST)
    web.clock.at = first.visits[0].leave_at + timedelta(seconds=1)
    answer = awa.post(
        f"/api/v1/plans/{plan.plan_id}/changes", json={"kind": "leave_out", "container": order_of(plan, FIRST)[0]}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "change_circuit_begun")
    assert FIRST in answer.json()["title"]


def test_what_a_change_breaks_is_said_on_plan_and_look(awa: httpx.Client, plan: PlanMade) -> None:
    made = change(awa, plan.plan_id, "close_site", site="decharge-communale", reason="grève des gardiens")
    page = awa.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert "Ce plan ne tient pas partout" in page
    assert "Site fermé : Décharge communale." in page
    assert "Site fermé : Décharge communale." in awa.get("/operateur/envoi", params={"plan": str(made)}).text
    sites = awa.get("/operateur/sites", params={"plan": str(made)}).text
    assert "grève des gardiens" in sites


def test_pages_of_changes_work_without_any_script(awa: httpx.Client, plan: PlanMade) -> None:
    """Menu, page, form, page: as a browser without JavaScript goes."""
    page = awa.get("/operateur", params={"jour": DAY.isoformat()}).text
    assert f"/operateur/arret?plan={plan.plan_id}&amp;bac=HOU-003" in page
    stop = awa.get("/operateur/arret", params={"plan": str(plan.plan_id), "bac": "HOU-003"})
    assert stop.status_code == 200
    assert "Où le mettre" in stop.text
    token = awa.headers["X-CSRF-Token"]
    form = {"csrf_token": token, "plan_id": str(plan.plan_id), "change_id": str(uuid4()), "kind": "place",
            "container": "HOU-003", "truck": FIRST, "before": "-"}  # fmt: skip
    answer = awa.post("/operateur/changer", data=form)
    assert answer.status_code == 303
    shown = awa.get(answer.headers["location"].split("#")[0])
    assert "autre rang" in shown.text
    head = state(awa)["plan"]["plan_id"]
    for path in ("circuit?camion=" + FIRST + "&", "ajouter?q=march&", "sites?", "changements?"):
        found = awa.get(f"/operateur/{path}plan={head}")
        assert found.status_code == 200, path
    assert "Les deux plans côte à côte" in awa.get(f"/operateur/changements?plan={head}").text
    assert "Marché" in awa.get(f"/operateur/ajouter?q=march&plan={head}").text
    english = awa.get(f"/operateur/arret?plan={head}&bac=HOU-003", headers={"Accept-Language": "en"})
    assert "Where to put it?" in english.text


def test_conflict_page_offers_to_keep_or_take(awa: httpx.Client, kossi: httpx.Client, plan: PlanMade) -> None:
    theirs = change(awa, plan.plan_id, "place", container="HOU-002", truck=SECOND)
    form = {"csrf_token": kossi.headers["X-CSRF-Token"], "plan_id": str(plan.plan_id), "change_id": str(uuid4()),
            "kind": "place", "container": "HOU-003", "truck": FIRST, "before": "-"}  # fmt: skip
    answer = kossi.post("/operateur/changer", data=form)
    assert answer.status_code == 409
    assert "awa" in answer.text
    assert f'name="sure" value="{theirs}"' in answer.text
    kept = form | {"plan_id": str(theirs), "sure": str(theirs), "change_id": str(uuid4())}
    assert kossi.post("/operateur/changer", data=kept).status_code == 303
    assert order_of(read(kossi, state(kossi)["plan"]["plan_id"]), FIRST)[-1] == "HOU-003"


def test_forms_need_their_token(awa: httpx.Client, plan: PlanMade, stream: StoringStream) -> None:
    """A page of somebody else's cannot change a plan."""
    form = {"csrf_token": "x", "plan_id": str(plan.plan_id), "change_id": str(uuid4()), "kind": "lock", "truck": FIRST}
    assert awa.post("/operateur/changer", data=form).status_code == 403
    assert awa.post("/operateur/recalculer", data=form).status_code == 403
    wish = {"kind": "lock", "truck": FIRST}
    bare = awa.post(f"/api/v1/plans/{plan.plan_id}/changes", json=wish, headers={"X-CSRF-Token": ""})
    assert bare.status_code == 403
    assert stream.sent == []


def test_solving_around_is_an_order_to_the_planner(awa: httpx.Client, plan: PlanMade, stream: StoringStream) -> None:
    made = change(awa, plan.plan_id, "lock", truck=FIRST)
    form = {"csrf_token": awa.headers["X-CSRF-Token"], "plan_id": str(plan.plan_id)}
    assert awa.post("/operateur/recalculer", data=form).status_code == 303
    (order,) = [PlanDay.model_validate_json(value) for topic, _, value in stream.sent if topic == topics.ORDERS]
    assert (order.around, order.ordered_by, order.city) == (made, "awa", CITY)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"kind": "place", "container": "HOU-999", "truck": FIRST}, "change_no_stop"),
        ({"kind": "place", "container": "HOU-002", "truck": "RB-9"}, "change_unknown_truck"),
        ({"kind": "close_site", "site": "nulle-part"}, "change_unknown_site"),
        ({"kind": "solve"}, "wrong_input"),
        ({"kind": "explode"}, "wrong_input"),
        ({"kind": "place", "container": "../..", "truck": FIRST}, "wrong_input"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    awa: httpx.Client, plan: PlanMade, wish: dict[str, str], code: str, stream: StoringStream
) -> None:
    answer = awa.post(f"/api/v1/plans/{plan.plan_id}/changes", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert stream.sent == []


def test_plan_of_nobody_is_not_found(awa: httpx.Client) -> None:
    for path in (f"/api/v1/plans/{uuid4()}/changes", f"/api/v1/plans/{uuid4()}/places?container=HOU-002"):
        assert awa.get(path).status_code == 404
    assert awa.get("/operateur/arret", params={"plan": str(uuid4()), "bac": "HOU-002"}).status_code == 404


def test_breakdown_is_one_click_that_asks_the_planner(
    awa: httpx.Client, web: Running, plan: PlanMade, stream: StoringStream
) -> None:
    """Of a day that is under way; before it, a circuit is given to another truck."""
    page = {"plan": str(plan.plan_id), "camion": FIRST}
    assert "est en panne" not in awa.get("/operateur/circuit", params=page).text
    assert awa.post("/api/v1/dispatches", json={"plan_id": str(plan.plan_id)}).status_code == 202
    web.clock.at = plan.circuits[0].visits[0].leave_at + timedelta(hours=1)
    assert f"{FIRST} est en panne" in awa.get("/operateur/circuit", params=page).text
    form = {"csrf_token": awa.headers["X-CSRF-Token"], "day": DAY.isoformat(), "broken_down": [FIRST]}
    assert awa.post("/operateur/planifier", data=form).status_code == 303
    (order,) = [PlanDay.model_validate_json(value) for topic, _, value in stream.sent if topic == topics.ORDERS]
    assert order.broken_down == (FIRST,)


def test_any_two_plans_stand_side_by_side(awa: httpx.Client, plan: PlanMade, database_url: str) -> None:
    """Cheaper against wider coverage: what is emptied in one alone, and why not in the other; what moved, and where."""
    left = order_of(plan, FIRST)[0]
    moved = order_of(plan, FIRST)[1]
    less = read(awa, change(awa, plan.plan_id, "leave_out", container=left))
    other = read(awa, change(awa, less.plan_id, "place", container=moved, truck=SECOND))
    shown = awa.get("/operateur/comparer", params={"plan": str(other.plan_id), "avec": str(plan.plan_id)}).text
    text = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    assert "bacs vidés dans le premier seulement 1 " in text
    assert "bacs vidés dans le second seulement 0 " in text
    assert "bacs qui changent de camion 1 " in text
    assert f"retiré de {FIRST} (laissé par l&#39;exploitant)" in text
    assert f"de {FIRST} à {SECOND}" in text
    # Without a word of which, the others of the day are offered; the day before, once something was sent.
    alone = awa.get("/operateur/comparer", params={"plan": str(other.plan_id)}).text
    assert str(plan.plan_id) in alone
    yesterday = hand_plan(hand_town(), {FIRST: order_of(plan, FIRST)}, name=str(uuid4())).model_copy(
        update={"day": DAY - timedelta(days=1)}
    )
    sent = PlanDispatched(
        dispatch_id=uuid4(), plan_id=yesterday.plan_id, city=CITY, day=yesterday.day, dispatched_by="awa",
        dispatched_at=NOW - timedelta(days=1),
    )  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_plans(connection, [yesterday])
        store_dispatches(connection, [sent])
    beside = awa.get("/operateur/comparer", params={"plan": str(plan.plan_id)}).text
    assert f'value="{yesterday.plan_id}" selected' in beside
    assert "lisez aussi les litres par bac" in beside
    assert awa.get("/operateur/comparer", params={"plan": str(plan.plan_id), "avec": str(uuid4())}).status_code == 404
