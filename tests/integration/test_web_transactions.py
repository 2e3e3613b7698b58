"""A request is one transaction: never held while Kafka or a password is waited for, never in anybody's way."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from uuid import UUID, uuid4

import httpx
import pytest

from services.store.connection import Connection, connect
from services.stream.kafka import Delivery
from services.web.entry import passwords
from tests.support.web_seed import CITY, DRIVER, MAYOR, NOW, OPERATOR, PLAN, PLANNER, key_of, put_office
from tests.support.web_server import LogIn, Running, client_of, serve_city
from tests.twins.stream import MemoryStream

NOBODYS = UUID(int=7)
"""A plan and an order that are not there."""
OPERATORS = [
    "/operateur",
    "/operateur/panneau",
    "/operateur/trouves?jour=2026-11-23&q=rue",
    f"/operateur/envoi?plan={PLAN}",
    "/technicien",
    "/registre/bacs?cherche=rue&secteur=akpakpa",
    "/registre/camions",
    "/registre/secteurs/akpakpa",
    "/registre/bacs/B-001",
    "/registre/ajouter/bacs",
    "/registre/importer",
    "/registre/etiquettes/bacs.pdf",
    "/registre/etiquettes/camions.pdf",
    "/presences",
    "/rues-fermees",
    "/api/v1/closed_streets.geojson",
    "/deconnexion",
    "/api/v1/session",
    f"/api/v1/planning/{NOBODYS}",
    f"/api/v1/plans/{PLAN}",
    f"/api/v1/plans/{PLAN}/circuits.geojson",
    f"/api/v1/plans/{PLAN}/circuits.csv",
    f"/api/v1/plans/{PLAN}/stops.csv",
    f"/api/v1/plans/{PLAN}/circuits/1.geojson",
    f"/api/v1/plans/{PLAN}/circuits/1.gpx",
    "/api/v1/state",
    "/api/v1/containers.geojson",
    "/api/v1/map_containers",
    "/api/v1/containers.csv",
    "/api/v1/sites.geojson",
    "/api/v1/basemap.geojson",
    "/compte",
    "/telephones",
    "/invitation/ABCDEFGHJKLMNPQRSTUVWXYZ23",
    "/api/v1/phones",
    "/api/v1/account/sessions",
    "/api/v1/places.csv",
    f"/api/v1/plans/{PLAN}/changes",
    f"/api/v1/plans/{NOBODYS}/places?container=B-001",  # of no plan: this city's containers are no documents to plan by
    f"/operateur/changements?plan={PLAN}",
    f"/operateur/comparer?plan={PLAN}",
    f"/operateur/arret?plan={PLAN}&bac=B-001",
    f"/operateur/circuit?plan={PLAN}&camion=T01",
    f"/operateur/arrets?plan={PLAN}&circuit=1",
    f"/operateur/ajouter?plan={PLAN}",
    f"/operateur/sites?plan={PLAN}",
    "/operateur/bilan",
    "/bacs/B-001",
    "/api/v1/doubts",
    "/api/v1/ladder",
    "/api/v1/playback",
    "/api/v1/day_sheet",
    "/api/v1/fuel.csv",
    "/contrat",
    "/api/v1/contract.csv",
    "/api/v1/contract.pdf",
]
DRIVERS = ["/chauffeur", "/api/v1/driver/state", "/api/v1/driver/circuit", "/api/v1/driver/streets"]
EVERYBODYS = [
    "/",
    f"/rapport/{CITY}/2026-11.pdf",
    "/connexion",
    "/api/v1/public/savings.json",
    "/api/v1/public/savings.csv",
    "/api/v1/public/zones.geojson",
    "/api/v1/public/catalogue.jsonld",
    f"/api/v1/calendars/{CITY}/Z01/residual.ics",
    "/ngsi-ld/v1/types",
    "/ngsi-ld/v1/types/WasteContainer",
    "/ngsi-ld/v1/entities",
    "/ngsi-ld/v1/entities/urn:ngsi-ld:WasteContainer:B-001",
]
MAYORS = [
    "/partages",
    "/partage/ABCDEFGHJKLMNPQRSTUVWXYZ23",
    "/technicien",
    "/contrat",
    "/municipalite",
    "/municipalite/journee?jour=2026-11-23",
    "/api/v1/days.csv",
]
LEARNING = "/api/v1/containers/B-001"
"""The first of a day has the city's model learned."""
BESIDE = [
    "/api/v1/live?day=2026-11-23",
    "/health",
    "/ready",
    "/ngsi-ld/context.jsonld",
    "/api/v1/public/dictionary.json",
]
"""A line that stays open (`tests/load/test_pages.py`), probes, and what asks the store for nothing."""
PLANNERS = ["/comptes", "/journal?qui=awa"]
ASKED = {None: EVERYBODYS, PLANNER: PLANNERS, MAYOR: MAYORS, OPERATOR: OPERATORS, DRIVER: DRIVERS}


class WatchedStream(MemoryStream):
    """Notes how many connections were lent while Kafka was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.web: Running | None = None
        self.lent: list[int] = []

    def confirm(self, deliveries: Iterable[Delivery]) -> None:
        assert self.web is not None
        self.lent.append(_lent(self.web))
        super().confirm(deliveries)


def _lent(web: Running) -> int:
    stats = web.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


@pytest.fixture(scope="module")
def stream() -> WatchedStream:
    return WatchedStream()


@pytest.fixture(scope="module")
def web(database_url: str, stream: WatchedStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        with connect(database_url, name="seed") as connection:
            put_office(connection)
        stream.web = running
        yield running


@pytest.fixture
def begun(web: Running, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts transactions under "begun"."""
    counted: Counter[str] = Counter()
    connection = web.pool.connection

    def noted() -> AbstractContextManager[Connection]:
        counted["begun"] += 1
        return connection()

    monkeypatch.setattr(web.pool, "connection", noted)
    return counted


@pytest.mark.parametrize(("who", "path"), [(who, path) for who, paths in ASKED.items() for path in paths], ids=str)
def test_what_is_read_is_read_in_one_transaction(
    web: Running, begun: Counter[str], who: tuple[str, str] | None, path: str
) -> None:
    """Session, city and page see the same moment; two would be a second wait for a connection while one is held."""
    with closing(client_of(web, who) if who else httpx.Client(base_url=web.url)) as client:
        begun.clear()
        assert client.get(path).status_code < 500
    assert begun["begun"] == 1


def test_forecast_is_learned_beside_the_request_and_known_from_then_on(web: Running, begun: Counter[str]) -> None:
    """Learning takes seconds, so the request's transaction is over before; whoever asks next waits for nothing."""
    with closing(client_of(web, OPERATOR)) as client:
        client.get(LEARNING).raise_for_status()
        begun.clear()
        client.get(LEARNING).raise_for_status()
    assert begun["begun"] == 1


def test_every_address_that_reads_is_asked_above(web: Running) -> None:
    """A new one must not slip through."""
    paths = httpx.get(f"{web.url}/api/openapi.json").json()["paths"]
    described = {path for path, methods in paths.items() if "get" in methods}
    patterns = [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + r"(\?.*)?") for path in described]
    asked = [path for paths in ASKED.values() for path in paths] + [LEARNING, *BESIDE]
    assert {p.pattern for p in patterns if not any(p.fullmatch(path) for path in asked)} == set()


def test_no_transaction_is_held_while_kafka_confirms(log_in: LogIn, stream: WatchedStream) -> None:
    """Kafka may take half a minute: eight phones that wait for it must not close the public page."""
    operator, driver = log_in(OPERATOR), log_in(DRIVER)
    report = {"id": str(uuid4()), "plan_id": str(PLAN), "kind": "stop", "place": "B-001", "outcome": "done"}
    stream.lent.clear()
    answers = [
        operator.post("/api/v1/plan", json={}),
        operator.post("/api/v1/dispatches", json={"plan_id": str(PLAN)}),
        driver.post("/api/v1/driver/confirmations", json=[report | {"happened_at": NOW.isoformat()}]),
    ]
    token = operator.headers["X-CSRF-Token"]
    forms = [
        operator.post("/operateur/planifier", data={"csrf_token": token, "day": "2026-11-24"}),
        operator.post("/operateur/envoyer", data={"csrf_token": token, "plan_id": str(PLAN)}),
        driver.post(
            "/chauffeur/confirmer",
            data=report | {"confirmation_id": str(uuid4()), "csrf_token": driver.headers["X-CSRF-Token"]},
        ),
    ]
    assert [answer.status_code for answer in answers + forms] == [202, 202, 202, 303, 303, 303]
    # A plan is two events, its order and the first word on it; the others are one each.
    assert stream.lent == [0] * 8


@pytest.mark.parametrize("password", [DRIVER[1], "000000"])
def test_no_transaction_is_held_while_a_password_is_hashed(
    web: Running, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """A tenth of a second each, two at a time: thirty crews at 06:00 must not lock everybody out of the store."""
    lent: list[int] = []
    is_right = passwords.is_right

    def watched(password_hash: str, given: str) -> bool:
        lent.append(_lent(web))
        return is_right(password_hash, given)

    monkeypatch.setattr(passwords, "is_right", watched)
    order = {"city": CITY, "login": "C-02", "password": password}
    phone = {"X-Truck-Phone": key_of("C-02")}
    answer = httpx.post(f"{web.url}/api/v1/session", json=order, headers=phone)
    assert answer.status_code == (200 if password == DRIVER[1] else 401)
    assert lent == [0]


def test_all_phones_at_once_are_answered(web: Running, log_in: LogIn) -> None:
    """A hundred and twenty at 06:00, on eight connections: those that hold one always find a thread to go on in."""
    cookies = dict(log_in(DRIVER).cookies)

    def ask(_: int) -> int:
        return httpx.get(f"{web.url}/api/v1/driver/state", cookies=cookies, timeout=60).status_code

    with ThreadPoolExecutor(120) as phones:
        assert Counter(phones.map(ask, range(120))) == {200: 120}
    assert _lent(web) == 0
