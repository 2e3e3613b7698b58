"""Every route with every role, made from the routes themselves: a new one without a rule here fails."""

from collections.abc import Iterable, Iterator
from contextlib import closing

import httpx
import pytest
from starlette.routing import Route

from services.clock import SystemClock
from services.web.app import make_app
from services.web.deps import Deps
from tests.support.web_seed import CITY, DAY, DRIVER, MAYOR, OPERATOR, PLAN
from tests.support.web_server import SECRET, Running, client_of
from tests.twins.stream import MemoryStream

EVERYBODY = frozenset({"nobody", "driver", "municipality", "operator"})
LOGGED_IN = EVERYBODY - {"nobody"}
OFFICE = frozenset({"municipality", "operator"})
OPERATORS = frozenset({"operator"})
CREWS = frozenset({"driver"})
WHO = {"driver": DRIVER, "municipality": MAYOR, "operator": OPERATOR}

RULES: dict[str, frozenset[str]] = {
    "GET /": EVERYBODY,
    "GET /connexion": EVERYBODY,
    "POST /connexion": EVERYBODY,
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
    "GET /api/openapi.json": EVERYBODY,
    "POST /api/v1/session": EVERYBODY,
    "POST /api/v1/phone": EVERYBODY,
    "GET /api/v1/public/savings.json": EVERYBODY,
    "GET /api/v1/public/savings.csv": EVERYBODY,
    "GET /api/v1/public/zones.geojson": EVERYBODY,
    "GET /api/v1/session": LOGGED_IN,
    "DELETE /api/v1/session": LOGGED_IN,
    "GET /compte": OFFICE,
    "POST /compte/mot-de-passe": OFFICE,
    "POST /compte/fin": OFFICE,
    "PUT /api/v1/account/password": OFFICE,
    "GET /api/v1/account/sessions": OFFICE,
    "DELETE /api/v1/account/sessions/{session_id}": OFFICE,
    "GET /municipalite": OFFICE,
    "GET /municipalite/journee": OFFICE,
    "GET /api/v1/days.csv": OFFICE,
    "GET /technicien": OFFICE,
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
    "GET /api/v1/containers.csv": OFFICE,
    "GET /operateur": OPERATORS,
    "GET /operateur/panneau": OPERATORS,
    "GET /operateur/envoi": OPERATORS,
    "POST /operateur/planifier": OPERATORS,
    "POST /operateur/envoyer": OPERATORS,
    "POST /operateur/vu": OPERATORS,
    "POST /operateur/rouvrir": OPERATORS,
    "GET /telephones": OPERATORS,
    "POST /telephones/inviter": OPERATORS,
    "POST /telephones/retirer": OPERATORS,
    "GET /api/v1/phones": OPERATORS,
    "POST /api/v1/phones/invitations": OPERATORS,
    "DELETE /api/v1/phones/{phone_id}": OPERATORS,
    "POST /api/v1/plan": OPERATORS,
    "GET /api/v1/planning/{request_id}": OPERATORS,
    "POST /api/v1/dispatches": OPERATORS,
    "GET /api/v1/state": OPERATORS,
    "GET /chauffeur": CREWS,
    "POST /chauffeur/confirmer": CREWS,
    "GET /api/v1/driver/state": CREWS,
    "GET /api/v1/driver/circuit": CREWS,
    "GET /api/v1/driver/streets": CREWS,
    "POST /api/v1/driver/confirmations": CREWS,
}
"""Who is let in. What each then finds there, other tests say."""
NAMES = {
    "plan_id": str(PLAN), "request_id": str(PLAN), "phone_id": str(PLAN), "number": "1", "city": CITY, "key": "x",
    "language": "fr", "code": "X" * 16, "session_id": "x", "build": "x", "name:path": "base.css", "day": str(DAY),
}  # fmt: skip
ENDS_SESSIONS = ("DELETE /api/v1/session", "POST /deconnexion")


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


def _is_let_in(client: httpx.Client, rule: str) -> bool:
    method, _, path = rule.partition(" ")
    for name, value in NAMES.items():
        path = path.replace(f"{{{name}}}", value)
    answer = client.request(method, path)
    assert answer.status_code < 500, (rule, answer.text)
    if answer.is_redirect:
        return not (answer.headers["location"].startswith("/connexion") and "suite=" in answer.headers["location"])
    if answer.status_code == 401:
        return False
    return not (answer.status_code == 403 and "pas ce droit" in answer.text)
