"""Open data: every set in every form, in pages, with its dictionary; and nothing that tells of a person."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pypdfium2
import pytest

from services.store.connection import connect
from services.web.public.datasets import DATASETS
from tests.support.web_seed import (
    CITY,
    DAY,
    DRIVER,
    NAMES,
    coverage,
    make_plan,
    put_confirmations,
    put_coverage,
    put_dispatch,
    put_plan,
)
from tests.support.web_server import Running, serve_city
from tests.twins.stream import MemoryStream

FORMS = [(name, form) for name, dataset in DATASETS.items() for form in dataset.forms]
PAST = date(2026, 11, 20)


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """The seed's city, and a past day of it: sent, and two crews heard of."""
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="test") as connection:
            plan = make_plan(NAMES, NAMES, PAST)
            put_plan(connection, plan)
            put_dispatch(connection, plan)
            put_confirmations(connection, plan, "C-01", 4)
            put_coverage(connection, [coverage(PAST)])
        yield running


def get(web: Running, path: str, **params: Any) -> httpx.Response:
    answer = httpx.get(f"{web.url}/api/v1/public/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def table(web: Running, name: str, **params: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(get(web, f"{name}.csv", **params).text)))


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_every_set_has_rows_in_every_form(web: Running, name: str, form: str) -> None:
    """With the columns of the dictionary, and no others, in its order."""
    columns = [column.name for column in DATASETS[name].columns]
    answer = get(web, f"{name}.{form}")
    if form == "csv":
        assert answer.text.splitlines()[0].split(",") == columns
        assert len(answer.text.splitlines()) > 1
    elif form == "json":
        told = answer.json()
        assert (told["dataset"], told["city"]) == (name, CITY)
        assert told["rows"]
        assert all(list(row) == columns for row in told["rows"])
    else:
        features = answer.json()["features"]
        assert features
        assert all(list(feature["properties"]) == columns for feature in features)
        assert {(feature["geometry"] or {}).get("type") for feature in features} <= {
            "Point", "LineString", "Polygon", None,
        }  # fmt: skip
    assert answer.headers["last-modified"].endswith("GMT")


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_no_row_tells_of_a_crew(web: Running, name: str, form: str) -> None:
    """No truck, no driver, no instant of a visit: the 20th in Akpakpa is all that is said of an emptying."""
    text = get(web, f"{name}.{form}").text
    assert not re.search(r"\bC-0\d\b|\bT-0\d\b", text)
    assert DRIVER[0] not in text
    if name in {"circuits", "collections"}:
        assert not re.search(r"\d\d:\d\d", text)


def test_rows_come_in_pages(web: Running) -> None:
    """Fifty containers in pages of 20: each once, in one order, by the links alone."""
    seen, address = [], f"{web.url}/api/v1/public/containers.csv?limit=20&city={CITY}"
    pages = 0
    while address:
        answer = httpx.get(address)
        seen += [row["container"] for row in csv.DictReader(io.StringIO(answer.text))]
        link = re.match(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        address, pages = (link.group(1) if link else ""), pages + 1
    assert pages == 3
    assert seen == sorted(set(seen))
    assert len(seen) == 50


def test_who_asks_again_is_answered_that_nothing_changed(web: Running) -> None:
    """By the date that was told; an earlier one gets the rows, and so does what is no date."""
    answer = get(web, "circuits.json")
    address = str(answer.url)
    again = httpx.get(address, headers={"If-Modified-Since": answer.headers["last-modified"]})
    assert (again.status_code, again.content) == (304, b"")
    for since in ("Sun, 01 Nov 2026 00:00:00 GMT", "yesterday"):
        assert httpx.get(address, headers={"If-Modified-Since": since}).status_code == 200


def test_what_was_done_is_told_once_the_day_is_over(web: Running) -> None:
    """Of the past day four stops of a crew, one of them skipped; of today, which is under way, not a word."""
    rows = [row for row in table(web, "circuits") if row["day"] == str(PAST)]
    assert len(rows) == 4
    assert sum(int(row["stops_done"]) for row in rows) == 3
    assert sum(int(row["stops_skipped"]) for row in rows) == 1
    assert {row["day"] for row in table(web, "circuits", last=str(DAY))} == {str(PAST)}
    collections = table(web, "collections", first=str(PAST), last=str(DAY))
    assert len(collections) == 4
    assert [row["reason"] for row in collections if row["outcome"] == "skipped"] == ["blocked"]


def test_coverage_tells_who_is_served_and_what_the_others_would_cost(web: Running) -> None:
    """Vossa: 88,000 people, 22 % with basic service; serving the others is priced."""
    rows = {row["zone"]: row for row in table(web, "coverage") if row["day"] == "2026-11-22"}
    assert float(rows["vossa"]["served_people"]) == pytest.approx(0.22 * 88_000)
    assert float(rows["vossa"]["cost_fuel_l"]) == 171.4
    assert rows["pk6"]["cost_fuel_l"] == ""
    people = sum(float(rows["vossa"][f"{step}_people"]) for step in ("none", "limited", "basic", "improved", "full"))
    assert people == pytest.approx(88_000)


def test_dictionary_says_every_column_in_both_languages(web: Running) -> None:
    told = get(web, "dictionary.json").json()["datasets"]
    assert set(told) == set(DATASETS)
    for name, dataset in told.items():
        assert [column["name"] for column in dataset["columns"]] == [c.name for c in DATASETS[name].columns]
        assert all(column["meaning"]["fr"] and column["meaning"]["en"] for column in dataset["columns"])


def test_a_portal_harvests_the_catalogue(web: Running) -> None:
    """DCAT: every distribution has a licence, a media type and an address that answers."""
    catalogue = get(web, "catalogue.jsonld")
    assert catalogue.headers["content-type"].startswith("application/ld+json")
    told = catalogue.json()
    assert told["@type"] == "dcat:Catalog"
    distributions = [row for dataset in told["dcat:dataset"] for row in dataset["dcat:distribution"]]
    assert len(distributions) == len(FORMS)
    for row in distributions:
        assert row["dct:license"]["@id"].startswith("https://creativecommons.org/")
        answer = httpx.get(row["dcat:downloadURL"]["@id"])
        assert answer.status_code == 200
        media = row["dcat:mediaType"]["@id"].removeprefix("https://www.iana.org/assignments/media-types/")
        assert answer.headers["content-type"].startswith(media)


@pytest.mark.parametrize("path", ["containers.xml", "ledger.geojson", "trucks.csv"])
def test_what_there_is_not_is_not_found(web: Running, path: str) -> None:
    assert httpx.get(f"{web.url}/api/v1/public/{path}").status_code == 404


def test_a_page_too_large_is_refused_in_words(web: Running) -> None:
    answer = httpx.get(f"{web.url}/api/v1/public/containers.csv", params={"limit": 1_000_000})
    assert answer.status_code == 422


def test_badge_is_a_picture_with_its_words(web: Running) -> None:
    """To stand on other people's pages: SVG, no script, the interval and that it is simulated in words."""
    answer = httpx.get(f"{web.url}/badge.svg", params={"city": CITY}, headers={"Accept-Language": "fr"})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "<script" not in answer.text
    assert re.search(r"novembre 2026 : \d+\sL de gazole économisés \(\d+\sL à \d+\sL\)", answer.text)
    assert "simulé" in answer.text
    english = httpx.get(f"{web.url}/badge.svg", headers={"Accept-Language": "en"}).text
    assert "of diesel saved" in english


def test_report_of_a_month_is_a_pdf_at_an_address_that_stays(web: Running) -> None:
    """The page's own sentence, with its interval and what is simulated; the same figures are the same file."""
    address = f"{web.url}/rapport/{CITY}/2026-11.pdf"
    assert f'href="/rapport/{CITY}/2026-11.pdf"' in httpx.get(f"{web.url}/", params={"city": CITY}).text
    answer = httpx.get(address, headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    told = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.content))
    told = " ".join(told.split())
    assert re.search(r"Port-Azur a économisé \d+ L de gazole \(entre \d+ L et \d+ L\)", told)
    for words in ("Novembre 2026", "simulé", "Comment c'est calculé", "Ce qui est sûr", "Plage-Est", "provisoire"):
        assert words in told
    assert httpx.get(address, headers={"Accept-Language": "fr"}).content == answer.content
    english = httpx.get(address, params={"langue": "en"}, headers={"Accept-Language": "fr"})
    told = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(english.content))
    assert "How it is computed" in told
    for path in (f"{CITY}/2026-10", f"{CITY}/mars", "nulle-part/2026-11"):
        assert httpx.get(f"{web.url}/rapport/{path}.pdf").status_code == 404
