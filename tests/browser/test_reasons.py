"""The operator sees why: what limits each circuit, what each container costs, the same figures as the API's."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import OPERATOR, PLAN
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
GAUGE = "e => [e.clientWidth, e.querySelector('.used').getBoundingClientRect().width]"


def _desk(context: BrowserContext, web: Running) -> tuple[Page, dict[str, Any]]:
    """The operator's page, and its plan as the API tells it."""
    page = context.new_page()
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector(".tabbed")
    return page, context.request.get(f"{web.url}/api/v1/plans/{PLAN}").json()


def _number(text: str) -> float:
    return float(re.sub(r"[^\d,]", "", text).replace(",", "."))


def _row(page: Page, number: int) -> Locator:
    return page.locator(f"tbody[data-circuit='{number}']")


def test_each_circuit_says_what_limits_it(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Bar, percentage and minutes are the API's; the sentence opens with the circuit."""
    page, plan = _desk(open_context(), web)
    for circuit in plan["circuits"]:
        row, binding = _row(page, circuit["number"]), circuit["binding"]
        whole_px, used_px = row.locator(".gauge").evaluate(GAUGE)
        assert whole_px >= 90
        assert used_px / whole_px == pytest.approx(binding["used_ratio"], abs=0.01)
        assert _number(row.locator(".limits b").inner_text()) == round(100 * binding["used_ratio"])
    assert page.locator(".limits.tight").count() == sum(c["binding"]["used_ratio"] >= 0.8 for c in plan["circuits"])
    page.focus("[data-open='1']")
    page.keyboard.press("Enter")
    sentence = _row(page, 1).locator(".limit-sentence")
    expect(sentence).to_be_visible()
    minutes = plan["circuits"][0]["binding"]["slack_s"] // 60
    text = re.sub(r"\s+", " ", sentence.inner_text())
    assert "Ce circuit est limité par le temps : 96 % de la journée du camion." in text
    assert f"Il reste {minutes:.0f} min de marge avant la fermeture de l'exutoire Centre d'enfouissement" in text
    shoot(page, "operator-reasons")


def test_stop_tells_its_cost_by_keyboard(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Enter on a stop opens its sentence and leaves its circuit open; the sum in it is the API's."""
    page, plan = _desk(open_context(), web)
    page.focus("[data-open='2']")
    page.keyboard.press("Enter")
    stops = [visit for visit in plan["circuits"][1]["visits"] if visit["kind"] == "stop"]
    row = _row(page, 2).locator("li[tabindex]").nth(4)
    expect(row.locator(".price")).not_to_be_visible()
    row.focus()
    page.keyboard.press("Enter")
    expect(row.locator(".price")).to_be_visible()
    expect(row.locator(".price")).to_contain_text("Servir ce bac coûte")
    cost = round(stops[4]["marginal_cost"]["cost"])
    assert _number(row.locator(".cost").inner_text()) == cost
    assert _number(row.locator(".price").inner_text().split("(")[0]) == cost
    shoot(page, "operator-stop-cost")


def test_stop_on_the_way_costs_nothing_and_the_map_says_the_same(web: Running, open_context: Open) -> None:
    """A sum of nothing is a word, not a zero; of a stop without a cost the reason is told."""
    page, plan = _desk(open_context(), web)
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    page.click("[data-open='1']")
    unknown, free, dear = (_row(page, 1).locator("li[tabindex]").nth(index) for index in (2, 3, 4))
    assert [row.locator(".cost").inner_text() for row in (unknown, free)] == ["—", "rien"]
    unknown.click()
    expect(unknown.locator(".price")).to_contain_text("Pas de coût à donner")
    free.click()
    expect(free.locator(".price")).to_contain_text("ne coûte rien de plus")
    expect(page.locator("#map-note")).to_contain_text("Le servir ne coûte rien de plus.")
    dear.click()
    expect(page.locator("#map-note")).to_contain_text("Le servir coûte")
    stops = [visit for visit in plan["circuits"][0]["visits"] if visit["kind"] == "stop"]
    assert _number(page.locator("#map-note p").inner_text()) == round(stops[4]["marginal_cost"]["cost"])


def test_container_left_out_weighs_cost_against_prize(web: Running, open_context: Open, shoot: Shoot) -> None:
    """The operator may overrule it, knowing both sums."""
    page, plan = _desk(open_context(), web)
    page.click(".tabs a[href='#left-out']")
    [left] = plan["unserved"]
    prize = next(f["prize"] for f in plan["forecasts"] if f["container"] == left["container"])
    weighed = page.locator("#left-out td small").last
    expect(weighed).to_be_visible()  # of what is hidden, the browser gives the text as it is indented in the page
    serve, leave = weighed.inner_text().split(". ")[:2]
    assert _number(serve.split("(")[0]) == round(left["cheapest_place_cost"]["cost"])
    assert _number(leave.split("F")[0]) == round(prize)
    assert left["cheapest_place_truck"] in serve
    shoot(page, "operator-left-out")


def test_more_means_say_what_they_would_save(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Within the noise of the search it is nothing; beyond, the sum is the API's, with its spread."""
    page, plan = _desk(open_context(), web)
    page.click(".tabs a[href='#reasons']")
    hour, truck = page.locator(".what-if li").all_inner_texts()
    saved = plan["what_if"][1]
    assert "aucune économie mesurable" in hour
    assert truck.startswith(f"Un camion de plus comme {saved['like_truck']} :")
    sums = truck.split(":")[1].split(",")
    assert [_number(text) for text in sums] == [saved["saved"], saved["spread"]]
    shoot(page, "operator-what-if")


def test_reasons_fit_a_phone_and_speak_english(web: Running, open_context: Open, shoot: Shoot) -> None:
    """360 px wide, in the dark, in English: nothing sideways, no error."""
    context = open_context(360, 740, locale="en-GB", color_scheme="dark")
    page, _ = _desk(context, web)
    watched = Watched(page, web.url)
    page.click("[data-open='4']")
    _row(page, 4).locator("li[tabindex]").first.click()
    expect(_row(page, 4).locator(".limit-sentence")).to_contain_text("This circuit is limited by the number of unloads")
    expect(_row(page, 4).locator("li.chosen .price")).to_contain_text("Serving this container costs")
    _row(page, 4).scroll_into_view_if_needed()
    shoot(page, "phone-operator-reasons", whole=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert watched.errors == []
