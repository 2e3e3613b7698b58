"""Every route with every role, of the city and of another, made from the routes themselves: a new one fails here."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import pairwise

import httpx
import pytest
from psycopg.types.json import Jsonb
from starlette.routing import Route

from services.clock import SystemClock
from services.store.connection import connect
from services.web.app import make_app
from services.web.entry.accounts import add_account
from services.web.entry.login_limits import REFUSAL_TOLD_EVERY
from services.web.entry.phones import add_phone
from services.web.entry.rights import INVITED, RIGHTS, ROLES, may_give
from services.web.entry.security_log import list_events
from services.web.requests.deps import Deps
from tests.support.web_seed import (
    CITY,
    DAY,
    DRIVER,
    MAYOR,
    NOW,
    OPERATOR,
    PLAN,
    PLANNER,
    TECHNICIAN,
    city_document,
    put_office,
)
from tests.support.web_server import SECRET, Running, client_of, serve_city
from tests.twins.stream import MemoryStream

EVERYBODY = frozenset({"nobody", *ROLES})
LOGGED_IN = EVERYBODY - {"nobody"}
OFFICE = LOGGED_IN - {"driver"}
OPERATORS = frozenset({"operator", "planner"})
DESKS = frozenset({"operator", "planner", "technician"})
MAYORS = frozenset({"municipality"})
SHARERS = frozenset({"operator", "planner", "municipality"})
LOGS = frozenset({"planner", "technician"})
PLANNERS = frozenset({"planner"})
CREWS = frozenset({"driver"})
PORTALS: frozenset[str] = frozenset()
"""Programs with the city's key, and no session of anybody's."""
WHO = {
    "driver": DRIVER, "municipality": MAYOR, "operator": OPERATOR, "planner": PLANNER, "technician": TECHNICIAN,
}  # fmt: skip

RULES: dict[str, frozenset[str]] = {
    "GET /": EVERYBODY,
    "GET /badge.svg": EVERYBODY,
    "GET /rapport/{city}/{month}.pdf": EVERYBODY,
    "GET /donnees": EVERYBODY,
    "GET /connexion": EVERYBODY,
    "POST /connexion": EVERYBODY,
    "GET /connexion/code": EVERYBODY,
    "POST /connexion/code": EVERYBODY,
    "GET /connexion/preparer": EVERYBODY,
    "POST /connexion/preparer": EVERYBODY,
    "GET /connexion/oidc": EVERYBODY,
    "GET /connexion/oidc/retour": EVERYBODY,
    "GET /deconnexion/fournisseur": EVERYBODY,
    "GET /deconnexion": EVERYBODY,
    "POST /deconnexion": EVERYBODY,
    "GET /langue/{language}": EVERYBODY,
    "GET /telephone/{code}": EVERYBODY,
    "POST /telephone/{code}": EVERYBODY,
    "GET /chauffeur.js": EVERYBODY,
    "GET /static/{build}/{name:path}": EVERYBODY,
    "GET /health": EVERYBODY,
    "GET /ready": EVERYBODY,
    "GET /map/{city}/{key}.pmtiles": EVERYBODY,  # OpenStreetMap, whose own licence says so
    "GET /api/docs": EVERYBODY,
    "GET /aide": EVERYBODY,
    "GET /api/openapi.json": EVERYBODY,
    "POST /api/v1/session": EVERYBODY,
    "POST /api/v1/phone": EVERYBODY,
    "GET /api/v1/public/savings.json": EVERYBODY,
    "GET /calendrier": EVERYBODY,
    "GET /ngsi-ld/context.jsonld": EVERYBODY,
    "GET /ngsi-ld/v1/entities": PORTALS,
    "GET /ngsi-ld/v1/entities/{entity_id}": PORTALS,
    "GET /ngsi-ld/v1/types": PORTALS,
    "GET /ngsi-ld/v1/types/{name:path}": PORTALS,
    "GET /api/v1/calendars/{city}/{zone}/{stream}.ics": EVERYBODY,
    "GET /api/v1/public/savings.csv": EVERYBODY,
    "GET /api/v1/public/zones.geojson": EVERYBODY,
    "GET /signaler/{city}": EVERYBODY,
    "GET /signaler/{city}/{container}": EVERYBODY,
    "POST /signaler/{city}/{container}": EVERYBODY,
    "GET /signalement/{report}": EVERYBODY,
    "GET /signalement/{report}/photo": OFFICE,
    "GET /open311/v2/discovery.{_form}": EVERYBODY,
    "GET /open311/v2/services.{_form}": EVERYBODY,
    "GET /open311/v2/services/{service_code}.{_form}": EVERYBODY,
    "GET /open311/v2/requests.{_form}": EVERYBODY,
    "POST /open311/v2/requests.{_form}": EVERYBODY,
    "GET /open311/v2/requests/{report}.{_form}": EVERYBODY,
    "GET /open311/v2/tokens/{token}.{_form}": EVERYBODY,
    "GET /open311/v2/media/{report}.jpg": PORTALS,
    "GET /sms/{city}/{gateway}": PORTALS,
    "POST /sms/{city}/{gateway}": PORTALS,
    "GET /api/v1/public/dictionary.json": EVERYBODY,
    "GET /api/v1/public/catalogue.jsonld": EVERYBODY,
    "GET /api/v1/public/{dataset}.{form}": EVERYBODY,  # containers, circuits, collections, coverage, ledger
    "GET /api/v1/session": LOGGED_IN,
    "DELETE /api/v1/session": LOGGED_IN,
    "GET /compte": OFFICE,
    "POST /compte/mot-de-passe": OFFICE,
    "POST /compte/fin": OFFICE,
    "GET /journal": LOGS,
    "GET /comptes": PLANNERS,
    "POST /comptes/inviter": PLANNERS,
    "POST /comptes/annuler": PLANNERS,
    "POST /comptes/fermer": PLANNERS,
    "POST /comptes/code": PLANNERS,
    "POST /comptes/lier": PLANNERS,
    "POST /comptes/delier": PLANNERS,
    "GET /invitation/{code}": EVERYBODY,
    "POST /invitation/{code}": EVERYBODY,
    "PUT /api/v1/account/password": OFFICE,
    "GET /api/v1/account/sessions": OFFICE,
    "DELETE /api/v1/account/sessions/{session_id}": OFFICE,
    "GET /partages": SHARERS,
    "POST /partages/ouvrir": SHARERS,
    "POST /partages/retirer": SHARERS,
    "GET /partage/{code}": EVERYBODY,
    "GET /municipalite": OFFICE,
    "GET /municipalite/journee": OFFICE,
    "GET /municipalite/odd": OFFICE,
    "GET /api/v1/days.csv": OFFICE,
    "GET /contrat": OFFICE,
    "POST /contrat/repondre": OPERATORS,
    "POST /contrat/signer": MAYORS,
    "GET /api/v1/contract.csv": OFFICE,
    "GET /api/v1/contract.pdf": OFFICE,
    "GET /bacs/{container_id}": OFFICE,
    "GET /api/v1/containers/{container_id}": OFFICE,
    "GET /api/v1/fuel.csv": OFFICE,
    "GET /technicien": OFFICE,
    "GET /registre": OFFICE,
    "GET /registre/{slug}": OFFICE,
    "GET /registre/{slug}/{row_id}": OFFICE,
    "GET /registre/etiquettes/{slug}.pdf": OFFICE,
    "GET /registre/ajouter/{slug}": DESKS,
    "POST /registre/{slug}": DESKS,
    "GET /registre/importer": DESKS,
    "POST /registre/importer": DESKS,
    "GET /registre/importer/{import_id}": DESKS,
    "POST /registre/importer/{import_id}": DESKS,
    "GET /presences": OPERATORS,
    "POST /presences": OPERATORS,
    "GET /rues-fermees": OPERATORS,
    "POST /rues-fermees/fermer": OPERATORS,
    "POST /rues-fermees/rouvrir": OPERATORS,
    "POST /rues-fermees/refermer": OPERATORS,
    "GET /api/v1/closed_streets.geojson": OPERATORS,
    "GET /api/v1/places.csv": OFFICE,
    "GET /api/v1/plans/{plan_id}": OFFICE,
    "GET /api/v1/plans/{plan_id}/circuits.geojson": OFFICE,
    "GET /api/v1/plans/{plan_id}/circuits.csv": OFFICE,
    "GET /api/v1/plans/{plan_id}/stops.csv": OFFICE,
    "GET /api/v1/plans/{plan_id}/circuits/{number}.gpx": OFFICE,
    "GET /api/v1/plans/{plan_id}/circuits/{number}.geojson": OFFICE,
    "GET /api/v1/basemap.geojson": OFFICE,
    "GET /api/v1/sites.geojson": OFFICE,
    "GET /api/v1/containers.geojson": OFFICE,
    "GET /api/v1/map_containers": OFFICE,
    "GET /api/v1/containers.csv": OFFICE,
    "GET /operateur": OPERATORS,
    "GET /operateur/panneau": OPERATORS,
    "GET /operateur/frise": OPERATORS,
    "GET /operateur/arrets": OPERATORS,
    "GET /operateur/trouves": OPERATORS,
    "GET /operateur/envoi": OPERATORS,
    "POST /operateur/planifier": OPERATORS,
    "POST /operateur/arreter": OPERATORS,
    "POST /operateur/envoyer": OPERATORS,
    "GET /operateur/arret": OPERATORS,
    "GET /operateur/circuit": OPERATORS,
    "GET /operateur/ajouter": OPERATORS,
    "GET /operateur/sites": OPERATORS,
    "GET /operateur/changements": OPERATORS,
    "GET /operateur/comparer": OPERATORS,
    "POST /operateur/changer": OPERATORS,
    "POST /operateur/recalculer": OPERATORS,
    "POST /operateur/vu": OPERATORS,
    "POST /operateur/rouvrir": OPERATORS,
    "GET /telephones": DESKS,
    "POST /telephones/inviter": DESKS,
    "POST /telephones/retirer": DESKS,
    "GET /api/v1/phones": DESKS,
    "POST /api/v1/phones/invitations": DESKS,
    "DELETE /api/v1/phones/{phone_id}": DESKS,
    "GET /api/v1/plans/{plan_id}/places": OPERATORS,
    "GET /api/v1/plans/{plan_id}/changes": OPERATORS,
    "POST /api/v1/plans/{plan_id}/changes": OPERATORS,
    "POST /api/v1/plan": OPERATORS,
    "GET /api/v1/planning/{request_id}": OPERATORS,
    "POST /api/v1/planning/{request_id}/end": OPERATORS,
    "POST /api/v1/dispatches": OPERATORS,
    "GET /api/v1/state": OPERATORS,
    "GET /api/v1/live": OPERATORS,
    "GET /api/v1/ladder": OPERATORS,
    "GET /api/v1/doubts": OPERATORS,
    "GET /api/v1/day_sheet": OPERATORS,
    "GET /api/v1/playback": OPERATORS,
    "GET /operateur/bilan": OPERATORS,
    "GET /chauffeur": CREWS,
    "POST /chauffeur/confirmer": CREWS,
    "GET /api/v1/driver/state": CREWS,
    "GET /api/v1/driver/circuit": CREWS,
    "GET /api/v1/driver/streets": CREWS,
    "POST /api/v1/driver/confirmations": CREWS,
}
"""Who is let in. What each then finds there, other tests say."""
NAMES = {
    "container_id": "B-001",
    "plan_id": str(PLAN), "request_id": str(PLAN), "phone_id": str(PLAN), "number": "1", "city": CITY, "key": "x",
    "container": "B-001", "report": "0123456789", "token": "0123456789", "_form": "json", "service_code": "full",
    "gateway": "kannel", "language": "fr", "code": "X" * 16, "session_id": "x", "build": "x", "name:path": "base.css",
    "zone": "akpakpa", "month": "2026-11", "stream": "residual", "day": str(DAY),
    "dataset": "containers", "form": "csv", "slug": "bacs", "row_id": "B-001", "import_id": str(PLAN),
}  # fmt: skip
ELSEWHERE = "ailleurs"
"""Another city on the same installation: its people have all that theirs is, and nothing of the first."""
MARKS = ("Port-Azur", "port-azur", "Rue des Cheminots", "Akpakpa", "C-02", "Dépôt du Port", str(PLAN))
"""What stands in the first city's pages and data: names, streets, districts, a truck, a place, its plan."""
PUBLIC_OF_ALL = {
    "GET /", "GET /badge.svg", "GET /rapport/{city}/{month}.pdf",
    "GET /donnees", "GET /connexion", "POST /connexion", "GET /map/{city}/{key}.pmtiles",
    "GET /api/v1/public/savings.json", "GET /api/v1/public/savings.csv", "GET /api/v1/public/zones.geojson",
    "GET /calendrier", "GET /api/v1/calendars/{city}/{zone}/{stream}.ics",
    "GET /signaler/{city}", "GET /signaler/{city}/{container}",
    "GET /api/v1/public/catalogue.jsonld", "GET /api/v1/public/{dataset}.{form}",
}  # fmt: skip
"""They name every city, or the one that is asked for: open data."""
ENDS_SESSIONS = ("DELETE /api/v1/session", "POST /deconnexion")


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """The city, with everybody who may have a desk in it."""
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="test") as connection:
            put_office(connection)
        yield running


def test_nobody_gives_what_they_do_not_have() -> None:
    """Whoever lets people in must not make themselves more than they are by letting in another."""
    assert {(own, other) for own in ROLES for other in ROLES if may_give(own, other)} == {
        ("planner", other) for other in INVITED
    }
    assert {right for right, roles in RIGHTS.items() if "driver" in roles} == {"drive"}


def routes(web: Running) -> list[str]:
    app = make_app(Deps(web.pool, MemoryStream(), SystemClock(), SECRET))
    return sorted(f"{method} {path}" for method, path in _walk(app.routes) if method != "HEAD")


def _walk(found: Iterable[object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Through routers within routers, as FastAPI keeps them: an address may not hide in one."""
    for route in found:
        if isinstance(route, Route):
            yield from ((method, prefix + route.path) for method in route.methods or ())
        else:
            router, context = route.original_router, route.include_context  # type: ignore[attr-defined]
            yield from _walk(router.routes, prefix + context.prefix)


def test_every_route_has_a_rule_and_every_rule_a_route(web: Running) -> None:
    """Whoever adds an address says here who may open it."""
    assert routes(web) == sorted(RULES)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_role_is_let_in_where_its_rule_says_so_and_nowhere_else(web: Running, role: str) -> None:
    """Asked as a browser would, with a session and its token; whatever is wrong with the question comes after."""
    client = client_of(web, WHO[role]) if role in WHO else httpx.Client(base_url=web.url)
    with closing(client) as asking:
        order = [rule for rule in RULES if rule not in ENDS_SESSIONS]
        let_in = {rule: _is_let_in(asking, rule) for rule in [*order, *ENDS_SESSIONS]}
    wrong = {rule: found for rule, found in let_in.items() if found != (role in RULES[rule])}
    assert wrong == {}


def _asked(rule: str) -> tuple[str, str]:
    method, _, path = rule.partition(" ")
    for name, value in NAMES.items():
        path = path.replace(f"{{{name}}}", value)
    return method, path


def _is_let_in(client: httpx.Client, rule: str) -> bool:
    answer = client.request(*_asked(rule))
    assert answer.status_code < 500, (rule, answer.text)
    if answer.is_redirect:
        return not (answer.headers["location"].startswith("/connexion") and "suite=" in answer.headers["location"])
    if answer.status_code == 401:
        return False
    return not (answer.status_code == 403 and "pas ce droit" in answer.text)


@pytest.fixture(scope="module")
def elsewhere(web: Running, database_url: str) -> Iterator[dict[str, httpx.Client]]:
    """Somebody of each role in the other city, logged in."""
    with connect(database_url, name="test") as connection:
        document = Jsonb(city_document(id=ELSEWHERE, name="Ailleurs"))
        connection.execute(
            "INSERT INTO city VALUES (%s, 'Ailleurs', 'Africa/Porto-Novo', %s, NULL, now())", (ELSEWHERE, document)
        )
        truck = {"id": "X-01", "truck_class": "benne", "depot": "depot", "shift_from": "06:00", "shift_to": "14:00"}
        connection.execute("INSERT INTO truck VALUES (%s, 'X-01', %s)", (ELSEWHERE, Jsonb(truck)))
        for role in INVITED:
            add_account(connection, ELSEWHERE, role, role, OPERATOR[1])
        add_account(connection, ELSEWHERE, "driver", "driver", DRIVER[1], "X-01")
        add_phone(connection, ELSEWHERE, "X-01", by="operator", now=NOW, key="key-of-elsewhere")
    with ExitStack() as clients:
        yield {role: clients.enter_context(closing(_logged_in_elsewhere(web, role))) for role in sorted(WHO)}


def _logged_in_elsewhere(web: Running, role: str) -> httpx.Client:
    client = httpx.Client(base_url=web.url, timeout=30)
    order = {"city": ELSEWHERE, "login": role, "password": DRIVER[1] if role == "driver" else OPERATOR[1]}
    answer = client.post("/api/v1/session", json=order, headers={"X-Truck-Phone": "key-of-elsewhere"})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


@pytest.mark.parametrize("role", sorted(WHO))
@pytest.mark.parametrize("rule", sorted(set(RULES) - PUBLIC_OF_ALL - set(ENDS_SESSIONS)))
def test_nothing_of_a_city_is_shown_to_another(elsewhere: dict[str, httpx.Client], role: str, rule: str) -> None:
    """With the ids of the first city's plan, phone and truck in hand, as whoever saw them over a shoulder has them."""
    method, path = _asked(rule)
    answer = elsewhere[role].request(method, path)
    assert answer.status_code < 500, answer.text
    if answer.is_success and rule != "GET /journal":  # which tells back what its own people asked for in vain
        assert [mark for mark in MARKS if mark in answer.text.replace(str(answer.url), "")] == []
        assert not {"{plan_id}", "{phone_id}"} & set(rule.split("/")), "another city's was found"


def test_the_marks_are_there_for_their_own_city(web: Running) -> None:
    """Else nothing above could fail."""
    with closing(client_of(web, OPERATOR)) as office:
        seen = "".join(
            office.get(_asked(rule)[1]).text
            for rule in sorted(RULES)
            if rule.startswith("GET") and "operator" in RULES[rule] and rule not in PUBLIC_OF_ALL
        )
    assert [mark for mark in MARKS if mark not in seen] == []


def test_a_role_that_tries_what_it_may_not_is_kept_in_mind(web: Running, database_url: str) -> None:
    """Once a minute, with who, from where and what: the technician's page tells of it."""
    with closing(client_of(web, MAYOR)) as mayor:
        assert [mayor.get("/operateur").status_code for _ in range(3)] == [403] * 3
    with connect(database_url, name="test") as connection:
        events = list_events(connection, CITY, datetime(2000, 1, 1, tzinfo=UTC), 1000)
    told = [event for event in events if event["what"] == "role_refused" and event["login"] == MAYOR[0]]
    assert told
    assert all(later["happened_at"] - earlier["happened_at"] >= REFUSAL_TOLD_EVERY for later, earlier in pairwise(told))
    assert all(event["detail"].endswith(", as municipality") for event in told)
