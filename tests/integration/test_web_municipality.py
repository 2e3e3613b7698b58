"""The municipality's pages: days before they are published, sheets of planned and driven, who is served."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid5

import httpx
import pytest

from services.contracts.ledger import TruckWork
from services.ledger.ashrae import FitTest
from services.ledger.books import add_calibration, add_receipts
from services.ledger.calibration import Calibration, TruckCalibration
from services.ledger.receipts import Receipt
from services.store.connection import connect
from tests.support.web_seed import (
    CITY,
    DAY,
    DRIVER,
    FLEETS,
    MAYOR,
    NAMES,
    NOW,
    OPERATOR,
    make_plan,
    plan_of_fleet,
    put_fleets,
    put_plan,
    put_savings,
    savings_day,
)
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream

NEXT_DAY, THIRD_DAY = DAY + timedelta(days=1), DAY + timedelta(days=2)


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """The day of the seed is under way; the next is planned and not sent, the 22 days before are in the ledger."""
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="test") as connection:
            put_plan(connection, make_plan(uuid5(NAMES, "tomorrow"), uuid5(NAMES, "tomorrow's"), NEXT_DAY))
        yield running


def read(client: httpx.Client, path: str, **params: str) -> str:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def words(page: str) -> str:
    """What somebody reads of a page, with its spaces made plain."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u202f", " ").replace("\u00a0", " ")))


def rows(page: str, table: str) -> list[str]:
    body = page.split(f'class="{table}"')[1].split("</table>", maxsplit=1)[0]
    return [words(f"<tr{row}") for row in body.split("<tr")[2:]]


def test_login_leads_to_its_own_page(web: Running) -> None:
    """It led to the public page, as for somebody without a login."""
    with httpx.Client(base_url=web.url, headers={"Origin": web.url}) as client:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/connexion").text)
        assert token
        form = {"city": CITY, "login": MAYOR[0], "password": MAYOR[1], "csrf_token": token[1]}
        answer = client.post("/connexion", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/municipalite")


def test_page_is_for_the_office_alone(web: Running, log_in: LogIn) -> None:
    """A day that is not published is nobody else's."""
    for path in ("/municipalite", f"/municipalite/journee?jour={DAY}", "/api/v1/days.csv"):
        assert log_in(MAYOR).get(path).status_code == 200
        assert log_in(OPERATOR).get(path).status_code == 200
        assert log_in(DRIVER).get(path).status_code == 403
        assert httpx.get(web.url + path).status_code in {303, 401}


def test_unpublished_days_stand_beside_published_ones(log_in: LogIn) -> None:
    """Tomorrow's plan, today's circuits, the days that everybody can read: the latest first."""
    page = read(log_in(MAYOR), "/municipalite")
    days = rows(page, "list-of-days")
    assert len(days) == 24
    assert [("mardi 24 novembre" in days[0], "planifiée, pas envoyée" in days[0])] == [(True, True)]
    assert "lundi 23 novembre" in days[1]
    assert "en cours" in days[1]
    assert all("publiée" in day for day in days[2:])
    assert "22 journées publiées, 2 pas encore" in words(page)


def test_litres_of_the_month_are_those_of_published_days(log_in: LogIn) -> None:
    """The sum of the ledger's lines; 34 containers a day for 22 days are 748."""
    litres = sum(savings_day(date(2026, 11, day)).driven.fuel_l for day in range(1, 23))
    told = words(read(log_in(MAYOR), "/municipalite"))
    shown = f"{litres:,.0f}".replace(",", " ")
    assert f"Du 1er au 22 novembre 2026, les camions de Port-Azur ont brûlé {shown} L de gazole" in told
    assert "pour vider 748 bacs" in told
    assert re.search(r"de moins \(entre .+ et .+\) que les tournées fixes des mêmes jours \(estimé\)", told)


def test_districts_not_served_come_first(log_in: LogIn) -> None:
    """With how many people that leaves out."""
    page = read(log_in(MAYOR), "/municipalite")
    zones = rows(page, "zones")
    assert zones[0].split()[:6] == ["Plage-Est", "non", "desservi", "152", "000", "0"]
    assert "1 quartier n'est pas desservi : 152 000 habitants." in words(page)


def test_sheet_tells_planned_driven_and_litres(log_in: LogIn) -> None:
    """Of the day under way: nine stops a circuit or so, five of C-02's told, none counted yet."""
    page = read(log_in(MAYOR), "/municipalite/journee", jour=DAY.isoformat())
    told, plan = words(page), make_plan()
    assert f"Jusqu'ici, les camions ont vidé 4 bacs sur {plan.totals.stops}." in told
    circuits = rows(page, "of-circuits")
    second = plan.circuits[1]
    # Its number, its truck, planned, emptied (and of how many, on a phone), skipped.
    stops = str(len(second.stops))
    assert circuits[1].split()[:7] == ["2", "C-02", stops, "4", "sur", stops, "1"]
    assert "accès bloqué" in told
    assert "1 bac à vider n'était dans aucun circuit." in told


def test_sheet_of_a_published_day_has_the_ledgers_figures(log_in: LogIn) -> None:
    """Litres driven beside those of the fixed circuits, and how each is known."""
    line = savings_day(date(2026, 11, 20))
    told = words(read(log_in(MAYOR), "/municipalite/journee", jour="2026-11-20"))
    assert "publiée" in told
    figures = f"34 {line.driven.distance_m / 1000:.1f} {line.driven.fuel_l:.1f}".replace(".", ",")
    assert f"Roulé registre, mesuré (GPS) {figures}" in told
    assert "dossier de la ville, estimé" in told


def test_day_of_which_nothing_is_known_says_so(log_in: LogIn) -> None:
    """And days out of reason are refused like everywhere."""
    client = log_in(MAYOR)
    assert "Rien ce jour-là" in words(read(client, "/municipalite/journee", jour="2026-10-02"))
    assert client.get("/municipalite/journee", params={"jour": "9999-12-31"}).status_code == 422
    assert client.get("/municipalite", params={"mois": "2031-01"}).status_code == 404


def test_days_as_a_table_for_a_spreadsheet(log_in: LogIn) -> None:
    """Published or not, with the state of each."""
    answer = log_in(MAYOR).get("/api/v1/days.csv", params={"first": "2026-11-20", "last": "2026-11-30"})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["day"], row["state"]) for row in table] == [
        ("2026-11-20", "published"), ("2026-11-21", "published"), ("2026-11-22", "published"),
        ("2026-11-23", "under_way"), ("2026-11-24", "planned"),
    ]  # fmt: skip
    assert float(table[0]["driven_fuel_l"]) == pytest.approx(savings_day(date(2026, 11, 20)).driven.fuel_l)
    assert table[0]["planned_fuel_l"] == ""
    assert float(table[4]["planned_fuel_l"]) == pytest.approx(make_plan().totals.fuel_l)


def test_metered_litres_stand_beside_computed_ones(web: Running, log_in: LogIn, database_url: str) -> None:
    """Days 2 and 3 of C-01, filled on the evenings of the 1st and 3rd: 40 L computed, 44 metered, 10 % more.

    Of 22 days that is too little for a metered saving.
    """
    del web
    works = (TruckWork(truck="C-01", haul_m=1, collect_m=1, stops=1, idle_s=1, is_measured=True, fuel_l=20.0),)
    days = [
        savings_day(date(2026, 11, day)).model_copy(
            update={"works": works, "number": 2, "computation_id": uuid5(NAMES, f"works {day}")}
        )
        for day in range(1, 23)
    ]
    receipts = [
        Receipt(f"A{day}", "C-01", datetime(2026, 11, day, 17, tzinfo=UTC), fuel_l, None, "receipt")
        for day, fuel_l in ((1, 30.0), (3, 44.0))
    ]
    client = log_in(MAYOR)
    assert "Aucun plein n'est relevé ce mois-ci" in words(read(client, "/municipalite"))
    with connect(database_url, name="test") as connection:
        put_savings(connection, days)
        add_receipts(connection, CITY, receipts, who="mairie", now=NOW)
    (row,) = rows(read(client, "/municipalite"), "litres-of-trucks")
    assert "C-01" in row
    assert "40,0 44,0 +10 %" in row
    page = words(read(client, "/"))
    assert "9 % des litres calculés sont aussi relevés, et les relevés disent 4,0 L de plus" in page
    assert "trop peu pour une économie relevée" in page
    (told,) = csv.DictReader(io.StringIO(read(client, "/api/v1/fuel.csv", first="2026-11-01", last="2026-11-30")))
    assert (told["truck"], told["modelled_l"], told["metered_l"], told["off_ratio"]) == ("C-01", "40.0", "44.0", "0.1")


def test_each_truck_stands_before_the_guideline(log_in: LogIn, database_url: str) -> None:
    """C-01 fits its fillings and not its months; C-02 has too few to be tested, and its class's litres count."""
    client = log_in(MAYOR)
    assert "Aucun camion n'est encore étalonné" in words(read(client, "/municipalite"))
    fits = (fit("day", 40, 0.052, -0.004), fit("month", 3, 0.151, 0.02))
    per = {"per": (0.5, 0.5, 0.06, 3.0)}
    trucks = (
        TruckCalibration(truck="C-01", verdict="does_not_fit", fillings=40, days=80, tests=fits, **per),
        TruckCalibration(truck="C-02", verdict="too_few_fillings", fillings=3, days=9, **per),
    )
    told = Calibration(
        schema="tournee/calibration/1", city=CITY, first_day=date(2026, 9, 1), last_day=DAY, trucks=trucks
    )
    with connect(database_url, name="test") as connection:
        add_calibration(connection, told, who="mairie", now=NOW)
    page = read(client, "/municipalite")
    first, second = rows(page, "fuel-tests")
    assert "5,2 % 40 pleins, au plus 30 % 15,1 % 3 mois, au plus 15 %" in first
    assert "−0,4 % 40 pleins, au plus 10 % +2,0 % 3 mois, au plus 5 %" in first
    assert "échoué" in first
    assert "Trop peu de pleins : les litres sont ceux de sa catégorie. pas encore" in second
    assert re.search(r"est incertaine de \d+ % d'elle-même \(confiance de 68 %, au plus 50 %\)", words(page))


def fit(limits: str, points: int, cv_rmse: float, nmbe: float) -> FitTest:
    values = {"limits": limits, "points": points, "parameters": 1, "independent_points": points}
    return FitTest.model_validate({**values, "cv_rmse": cv_rmse, "nmbe": nmbe})


def test_the_sheet_for_the_sdg_says_what_is_not_known(log_in: LogIn, database_url: str) -> None:
    """Without the landfill's level of control there is no indicator; with it, the share of the waste."""
    client = log_in(MAYOR)
    before = words(read(client, "/municipalite/odd"))
    assert "L'indicateur ne peut pas encore être calculé" in before
    assert "312,8 t par jour" in before  # 680,000 people at 0.46 kg
    with connect(database_url, name="test") as connection:
        plan = make_plan()
        connection.execute(
            "INSERT INTO confirmation"
            " VALUES (%s, %s, 'C-02', %s, 'disposal', 'centre', 'done', NULL, NULL, %s, %s, 'C-02')",
            (uuid5(NAMES, "unloaded"), CITY, plan.plan_id, NOW - timedelta(days=2), NOW),
        )
        connection.execute(
            "UPDATE registry_entry SET document = document || jsonb_build_object('control', 'improved')"
            " WHERE kind = 'disposal_site'"
        )
    after = words(read(client, "/municipalite/odd"))
    # 22 days of 5.6 t each: 5.6 of 312.8 t are 2 %, all of them in a controlled site.
    assert "2 % des déchets" in after
    assert "amélioré" in after
    assert "Feuille ODD 11.6.1" in words(read(client, "/municipalite"))


def test_english_reader_gets_english(log_in: LogIn) -> None:
    client = log_in(MAYOR)
    client.headers["Accept-Language"] = "en"
    assert "From 1 to 22 November 2026, the trucks of Port-Azur burnt" in words(read(client, "/municipalite"))
    assert "under way" in words(read(client, "/municipalite/journee", jour=DAY.isoformat()))


def test_day_that_is_over_and_not_counted_says_so(web: Running, log_in: LogIn) -> None:
    """The night before the ledger has looked, and a day that one fleet's line is missing of."""
    web.clock.at = NOW + timedelta(days=1)
    try:
        days = rows(read(log_in(MAYOR), "/municipalite"), "list-of-days")
        assert "finie, pas encore comptée" in next(day for day in days if "lundi 23 novembre" in day)
    finally:
        web.clock.at = NOW


def test_fleets_have_their_own_part_of_a_sheet(web: Running, log_in: LogIn, database_url: str) -> None:
    """A town hall with two contractors reads what each was asked and did."""
    del web
    with connect(database_url, name="test") as connection:
        put_fleets(connection)
        for fleet in ("est", "ouest"):
            plan = plan_of_fleet(fleet, uuid5(NAMES, f"sheet {fleet}")).model_copy(update={"day": THIRD_DAY})
            put_plan(connection, plan)
            connection.execute(
                "INSERT INTO dispatch VALUES (%s, %s, %s, %s, 'awa', %s, %s)",
                (uuid5(plan.plan_id, "dispatch"), CITY, THIRD_DAY, plan.plan_id, NOW, fleet),
            )
    page = read(log_in(MAYOR), "/municipalite/journee", jour=THIRD_DAY.isoformat())
    told = words(page)
    assert "envoyée aux équipages" in told
    assert told.index(str(FLEETS[0]["name"])) < told.index(str(FLEETS[1]["name"]))
    assert "Port Propre" in told
