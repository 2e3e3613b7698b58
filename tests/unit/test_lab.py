"""The laboratory: a small city lived through under several policies."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.city.write import write_folder
from services.cli.app import app
from services.errors import TourneeError
from services.lab import runs
from services.lab.page import page
from services.lab.policies import POLICIES, with_rules
from services.lab.summary import Estimate, estimate, summarise
from simulators.city_folder import read_city_folder
from tests.benchmarks.honest_twin.town import draw_town

pytestmark = pytest.mark.slow

FEW = ("fixed", "rerouted", "ours-0", "ours-100")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twin's town: 56 containers, three trucks."""
    path = tmp_path_factory.mktemp("town")
    write_folder(draw_town(1), path)
    return path


def asked(folder: Path, **changed: object) -> runs.Asked:
    values = {"folder": folder, "days": 3, "seeds": 1, "rules": "own", "iterations": 200, "policies": FEW}
    return runs.Asked(**{**values, **changed})  # type: ignore[arg-type]


def test_lab_ends_with_a_page_plots_and_a_line_of_json(folder: Path, tmp_path: Path) -> None:
    """Two seeds, two days, three policies: page and plots are there, figures are labelled simulated."""
    command = [
        "lab",
        str(folder),
        "--days",
        "4",
        "--seeds",
        "2",
        "--policies",
        "ours-0,ours-100",
        "--iterations",
        "200",
    ]
    ended = CliRunner().invoke(app, [*command, "--jobs", "1", "--out", str(tmp_path), "--json"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.output.strip().splitlines()[-1])
    assert (told["simulated"], told["seeds"], list(told["policies"])) == (True, [1, 2], ["fixed", "ours-0", "ours-100"])
    assert told["policies"]["ours-100"]["sensors"] == 56
    assert "sensor_worth_a_day" in told["levers"]["sensors-100"]
    for name in ("page.fr.md", "page.en.md", "policies.fr.png", "policies.en.svg", "sensors.en.png", "figures.json"):
        assert (tmp_path / name).stat().st_size > 500, name
    assert "Chiffres simulés" in (tmp_path / "page.fr.md").read_text(encoding="utf-8")


def test_run_that_was_killed_goes_on(folder: Path, tmp_path: Path) -> None:
    """What was lived is kept: only the missing life is lived anew, and comes out the same."""
    heard: list[str] = []
    few = asked(folder, policies=("fixed", "rerouted"))
    whole = runs.live_all(few, tmp_path, 1, lambda step, _: heard.append(step))
    assert heard == ["seed 1, fixed", "seed 1, rerouted"]
    (tmp_path / few.key / "seed-1-rerouted.json").unlink()
    heard.clear()
    again = runs.live_all(few, tmp_path, 1, lambda step, _: heard.append(step))
    assert heard == ["1 of 2 lives were kept", "seed 1, rerouted"]
    assert again == whole


def test_changed_folder_is_another_run(folder: Path, tmp_path: Path) -> None:
    """Lives that are kept of a city as it was are not those of the city as it is."""
    registry = draw_town(1)
    write_folder(
        registry.model_copy(update={"containers": registry.containers[:-1], "baseline": registry.baseline[:-1]}),
        tmp_path,
    )
    assert asked(tmp_path).key != asked(folder).key


def test_fixed_circuits_empty_what_they_list(folder: Path, tmp_path: Path) -> None:
    """Monday's circuits have all 56 containers; the litres are theirs whatever is in the bins."""
    (life,) = runs.live_all(asked(folder, policies=("fixed",), days=1), tmp_path, 1, lambda *_: None)
    (day,) = life.days
    assert day["stops"] == 56
    assert day["litres"] > 20
    assert day["people_share"] == pytest.approx(1.0, abs=0.1)


def test_city_without_fixed_circuits_is_refused(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    write_folder(draw_town(1).model_copy(update={"baseline": ()}), tmp_path)
    (tmp_path / "baseline.csv").unlink()
    with pytest.raises(TourneeError, match=r"no baseline\.csv"):
        runs.city_of(tmp_path)


def test_unknown_policy_is_refused() -> None:
    """By name, with those that there are."""
    with pytest.raises(TourneeError, match="no policy ours-5: expected some of fixed"):
        runs.policies_of(["ours-5"])


def test_rules_change_promises_alone() -> None:
    """Without rules nothing is promised but that people count as served; organic waste goes daily."""
    town = draw_town(1)
    ours = POLICIES[-2]
    free = with_rules(town, "none", ours)
    assert free.city.planning.max_days_between_emptyings == 31
    market = town.containers[0].model_copy(update={"kind": "caisson-marche"})
    changed = with_rules(town.model_copy(update={"containers": (market, *town.containers[1:])}), "organic", ours)
    assert [c.max_days for c in changed.containers[:2]] == [1.0, None]


def test_sensors_that_do_not_pay_are_said_not_to(folder: Path) -> None:
    """Two made lives of two seeds: with sensors all costs 10 more, of 56 sensors."""
    day = {"litres": 10.0, "km": 20.0, "stops": 30.0, "money": 1000.0, "beside_l": 0.0, "overflow_lh": 0.0,
           "people_share": 1.0, "overtime_h": 0.0}  # fmt: skip
    lives = [
        runs.Lived(seed, policy, sensors, ({**day, "money": money + seed},))
        for seed in (1, 2)
        for policy, sensors, money in (("fixed", 0, 1000.0), ("ours-0", 0, 900.0), ("ours-100", 56, 910.0))
    ]
    registry = draw_town(1)
    summary = summarise(registry, read_city_folder(folder), lives)
    (lever,) = (lever for lever in summary.levers if lever.name == "sensors-100")
    assert lever.worth is not None
    assert lever.worth.mean == pytest.approx(-10 / 56)
    assert "Sensors do not pay here" in page(registry, "own", summary, "en")
    assert "Les capteurs ne rapportent pas ici" in page(registry, "own", summary, "fr")


def test_each_day_by_itself_is_another_life_than_days_together(folder: Path, tmp_path: Path) -> None:
    """The same seed without a sensor or a promise: who shares trucks over three days fetches neighbours sooner."""
    policies = ("fixed", "ours-0", "day-by-day-0")
    few = asked(folder, policies=policies, days=2, rules="none", iterations=20)
    lives = runs.live_all(few, tmp_path, 1, lambda *_: None)
    _, together, alone = lives
    assert (together.policy, alone.policy, together.sensors, alone.sensors) == ("ours-0", "day-by-day-0", 0, 0)
    assert sum(day["stops"] for day in together.days) > sum(day["stops"] for day in alone.days) > 0
    summary = summarise(draw_town(1), read_city_folder(folder), lives)
    (lever,) = summary.levers
    apart = [one["litres"] - other["litres"] for one, other in zip(alone.days, together.days, strict=True)]
    assert (lever.name, lever.sensors) == ("days-together-0", 0)
    assert lever.saved["litres"].mean == pytest.approx(sum(apart) / len(apart))
    told = page(draw_town(1), "none", summary, "en")
    assert "No sensor, day by day" in told
    assert "of fewer than 14 days: what is emptied early is paid and not repaid yet" in told


@pytest.mark.parametrize(
    ("alone", "english", "french"),
    [
        ((1000.0, 1000.0), "saves 100 XOF a day", "épargne 100 XOF par jour"),
        ((800.0, 800.0), "costs 100 XOF a day more", "coûte 100 XOF de plus par jour"),
        ((850.0, 1000.0), "is not told apart from deciding each day by itself: 25 XOF", "ne se distingue pas"),
    ],
)
def test_what_days_together_bring_is_said_in_words(
    folder: Path, alone: tuple[float, float], english: str, french: str
) -> None:
    """Made lives of two seeds, fourteen days each, together 900 a day on each."""
    day = {"litres": 10.0, "km": 20.0, "stops": 30.0, "money": 1000.0, "beside_l": 0.0, "overflow_lh": 0.0,
           "people_share": 1.0, "overtime_h": 0.0}  # fmt: skip
    lives = [
        runs.Lived(seed, policy, 0, ({**day, "money": money},) * 14)
        for seed in (1, 2)
        for policy, money in (("fixed", 1000.0), ("ours-0", 900.0), ("day-by-day-0", alone[seed - 1]))
    ]
    registry = draw_town(1)
    summary = summarise(registry, read_city_folder(folder), lives)
    assert f"**Without a sensor:** Deciding three days together {english}" in page(registry, "own", summary, "en")
    assert f"**Sans capteur :** Décider trois jours ensemble {french}" in page(registry, "own", summary, "fr")


def test_interval_of_a_mean() -> None:
    """1 and 3: mean 2, deviation 1.414, Student's t of one degree 6.314: 6.314 x 1.414 / 1.414."""
    assert estimate([1.0, 3.0]) == Estimate(2.0, pytest.approx(6.314))
    assert estimate([2.0]) == Estimate(2.0, None)
