"""A container's page and its API: levels, forecast, emptyings, evidence, sensor, who changed what."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from services.store.connection import connect
from tests.support.container_seed import BUSY, SENSORLESS, STUCK, emptied_days, level_of, put_container_history
from tests.support.web_seed import DRIVER, MAYOR, NOW, OPERATOR
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="seed") as connection:
            put_container_history(connection)
        yield running


def test_levels_and_forecast_are_told(log_in: LogIn) -> None:
    """The last level is the last reading's; the forecast begins there, and its band holds the median."""
    told = log_in(OPERATOR).get(f"/api/v1/containers/{BUSY}").json()
    assert told["levels"][-1]["fill_ratio"] == pytest.approx(level_of(7 / 1440 + 0.5 / 24), abs=0.02)
    assert datetime.fromisoformat(told["forecast"][0]["at"]) == NOW
    assert len(told["forecast"]) == 1 + 5 * 8
    assert all(row["low"] <= row["median"] <= row["high"] for row in told["forecast"])
    assert told["forecast"][0]["median"] == pytest.approx(told["levels"][-1]["fill_ratio"], abs=0.08)
    assert told["fill_per_day"] == pytest.approx(0.27, abs=0.06)
    assert told["sensor"]["believed"] is True


def test_emptyings_are_those_told_and_those_seen_by_the_level(log_in: LogIn) -> None:
    """Five in sixteen days; the last one nobody confirmed."""
    told = log_in(OPERATOR).get(f"/api/v1/containers/{BUSY}").json()["emptyings"]
    assert len(told) == len(list(emptied_days()))
    assert [row["truck"] for row in told[:2]] == [None, "C-01"]
    assert told[0]["level"] == pytest.approx(0.87, abs=0.08)


def test_stuck_sensor_is_not_believed_and_its_page_says_since_when(log_in: LogIn) -> None:
    told = log_in(OPERATOR).get(f"/api/v1/containers/{STUCK}").json()
    assert (told["sensor"]["fault"], told["sensor"]["believed"]) == ("stuck", False)
    since = datetime.fromisoformat(told["sensor"]["since"])
    assert abs(since - (NOW - timedelta(days=5))) < timedelta(hours=2)
    page = log_in(OPERATOR).get(f"/bacs/{STUCK}?prevision=oui").text
    assert "Il n&#39;est pas cru : il dit toujours pareil" in page
    assert 'class="line doubted"' in page


def test_container_without_sensor_goes_by_its_emptyings(log_in: LogIn) -> None:
    told = log_in(OPERATOR).get(f"/api/v1/containers/{SENSORLESS}").json()
    assert told["sensor"] is None
    assert told["levels"] == []
    assert [row["level"] for row in told["emptyings"]] == [0.75, 0.5, 1.0, 0.75]
    assert "la prévision suit 4 vidages connus" in log_in(OPERATOR).get(f"/bacs/{SENSORLESS}?prevision=oui").text


def test_who_changed_what_and_what_residents_said(log_in: LogIn) -> None:
    """The load that made it larger, the plan that another truck got it in, the report of a resident."""
    told = log_in(OPERATOR).get(f"/api/v1/containers/{BUSY}").json()
    assert [(row["kind"], row["by"]) for row in told["changes"]] == [
        ("plan", "awa"), ("edited", "kossi"), ("added", "amina"),
    ]  # fmt: skip
    assert told["changes"][1]["fields"] == {"capacity_l": ["660", "1100"], "truck_classes": [None, "benne"]}
    page = log_in(OPERATOR).get(f"/bacs/{BUSY}").text
    for words in (
        "Le bac déborde devant l&#39;école",
        "Placé sur C-02",
        "capacity_l : 660 → 1100",
        "capteur penché",
    ):
        assert words in page, words


def test_page_does_not_wait_for_the_model(web: Running, log_in: LogIn) -> None:
    """The first of a day is shown without a forecast and asks for it; once learned, every page has it at once."""
    client = log_in(OPERATOR)
    web.clock.at = NOW + timedelta(days=1)
    try:
        first = client.get(f"/bacs/{BUSY}").text
        asked = client.get(f"/bacs/{BUSY}?prevision=oui").text
        again = client.get(f"/bacs/{STUCK}").text
    finally:
        web.clock.at = NOW
    assert "data-wait" in first
    assert 'class="median"' not in first
    assert "data-wait" not in asked
    assert 'class="median"' in asked
    assert 'class="median"' in again


def test_unknown_container_and_crews_are_turned_away(log_in: LogIn) -> None:
    assert log_in(OPERATOR).get("/bacs/B-999").status_code == 404
    assert log_in(MAYOR).get(f"/bacs/{BUSY}").status_code == 200
    assert log_in(DRIVER).get(f"/bacs/{BUSY}").status_code == 403


def test_lists_of_the_office_lead_to_it(log_in: LogIn) -> None:
    """From the operator's list, from the change of a stop, and with the plan's band in list and map."""
    client = log_in(OPERATOR)
    panel = client.get("/operateur/panneau").text
    assert f'href="/bacs/{BUSY}"' in panel
    assert 'class="band"' in panel
    features = {f["id"]: f["properties"] for f in client.get("/api/v1/containers.geojson").json()["features"]}
    assert features[BUSY]["forecast_low"] is None  # no plan was named
    plan = client.get("/api/v1/state").json()["plan"]["plan_id"]
    features = {
        f["id"]: f["properties"] for f in client.get(f"/api/v1/containers.geojson?plan={plan}").json()["features"]
    }
    assert features[BUSY]["forecast_low"] <= features[BUSY]["forecast"] <= features[BUSY]["forecast_high"]
