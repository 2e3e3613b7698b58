"""Tasks in files are answered by the product's model, from what had happened by then."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import app
from services.fill.answers import WrongFile, answer, read_evidence, read_tasks
from tests.support.evidence import DAY, NOON

HEADER = "container,stream,kind,happened_at,fill_ratio\n"
TASKS = "task,container,as_of,target_at\n"
AS_OF = NOON + 40 * DAY


def lines(containers: int, days: int) -> list[str]:
    """Six readings a day of bins that fill at their own rates and are emptied when they are full, at random hours."""
    chance, made = random.Random(3), []
    for number in range(containers):
        level, rate = 0.0, chance.uniform(0.03, 0.2)
        for n in range(6 * days):
            at = NOON + timedelta(hours=4 * n, minutes=chance.randrange(60))
            level = 0.0 if level > 0.9 else level + rate / 6 * chance.uniform(0, 2)
            made.append(f"B{number},glass,reading,{at.isoformat()},{min(level, 1):.2f}\n")
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of sixty days, the same cut at `AS_OF`, and tasks as of then."""
    path = tmp_path_factory.mktemp("tasks")
    whole = lines(12, 60)
    (path / "whole.csv").write_text(HEADER + "".join(whole), encoding="utf-8")
    cut = [line for line in whole if line.split(",")[3] <= AS_OF.isoformat()]
    (path / "cut.csv").write_text(HEADER + "".join(cut), encoding="utf-8")
    asked = [f"{n},B{n % 12},{AS_OF.isoformat()},{(AS_OF + (1 + n % 3) * DAY).isoformat()}\n" for n in range(24)]
    (path / "tasks.csv").write_text(TASKS + "".join(asked), encoding="utf-8")
    return path


def test_what_happened_after_a_task_s_instant_changes_no_answer(folder: Path) -> None:
    """Cut there, the file gives the same answers, to the last digit: nothing of the future leaks."""
    answers = []
    for name in ("whole.csv", "cut.csv"):
        known = read_evidence(folder / name)
        answers.append(answer(known, read_tasks(folder / "tasks.csv", known)))
    assert answers[0] == answers[1]
    assert len(answers[0]) == 24
    for one in answers[0]:
        assert list(one.quantiles) == sorted(one.quantiles)
        assert 0 <= one.over <= 1


def test_command_writes_one_line_a_task(folder: Path) -> None:
    """In the form that the judge reads."""
    out = folder / "answers.csv"
    called = CliRunner().invoke(
        app, ["fill", "answer", str(folder / "cut.csv"), str(folder / "tasks.csv"), "--out", str(out)]
    )
    assert called.exit_code == 0, called.output
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert header == "task,q05,q10,q25,q50,q75,q90,q95,p_over_80"
    assert [row.split(",")[0] for row in rows] == [str(n) for n in range(24)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("B0,glass,reading,2026-03-01T12:00:00Z,45\n", "line 2: fill_ratio '45': expected a share"),
        (
            "B0,glass,reading,2026-03-01T12:00:00,0.5\n",
            "line 2: happened_at '2026-03-01T12:00:00': expected",
        ),
        ("B0,glass,guess,2026-03-01T12:00:00Z,0.5\n", "line 2: kind 'guess': expected one of reading"),
        ("B0,glass\n", "line 2"),
    ],
)
def test_wrong_line_is_told_with_its_number(tmp_path: Path, line: str, told: str) -> None:
    """Litres given as percent, an instant without a zone, an unknown word: none is guessed at."""
    file = tmp_path / "evidence.csv"
    file.write_text(HEADER + line, encoding="utf-8")
    with pytest.raises(WrongFile, match=told):
        read_evidence(file)


def test_task_about_a_container_without_evidence_is_refused(folder: Path, tmp_path: Path) -> None:
    """A mistyped id must not be answered as if nothing were known."""
    tasks = tmp_path / "tasks.csv"
    tasks.write_text(f"{TASKS}1,B99,{AS_OF.isoformat()},{(AS_OF + DAY).isoformat()}\n", encoding="utf-8")
    with pytest.raises(WrongFile, match="line 2: container 'B99'"):
        read_tasks(tasks, read_evidence(folder / "cut.csv"))
