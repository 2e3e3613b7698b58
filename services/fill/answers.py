"""Answers to forecasting tasks in files, by the model that serves the product.

Of each task only what had happened by its instant counts: the container's belief is folded up to it, and the city's
model is learned anew every week, from the beliefs of all containers as of then.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, cast, get_args

import numpy as np

from services.errors import TourneeError
from services.fill.belief import Belief, hours_of, learn, start
from services.fill.city_model import CityModel, Thing
from services.fill.evidence import Evidence, Kind
from services.fill.learned import LEVELS
from services.fill.quantiles import chance_above

LEARNED_EVERY = timedelta(weeks=1)
"""Seldomer than the product does, which learns anew each day, for a file of two years."""
UNKNOWN_FILL_PER_DAY = 0.25
"""No file says what kind a container is of."""
OVER = 0.8
NAMES = tuple(f"q{round(level * 100):02d}" for level in LEVELS)
EVIDENCE_COLUMNS = ("container", "stream", "kind", "happened_at", "fill_ratio")
TASK_COLUMNS = ("task", "container", "as_of", "target_at")


class WrongFile(TourneeError):
    """A file of evidence or tasks is not what it should be; says where, what, and what is expected."""


class Task(NamedTuple):
    """How full will `container` be at `target_at`, nobody emptying it, from what had happened by `as_of`?"""

    name: str
    container: str
    as_of: datetime
    target_at: datetime


class Known(NamedTuple):
    """A container of a file of evidence."""

    stream: str
    evidence: list[Evidence]
    """In the order in which it happened."""


class Answer(NamedTuple):
    """To a task."""

    task: str
    quantiles: tuple[float, ...]
    """Of `LEVELS`."""
    over: float
    """The chance of `OVER` or more."""


def read_evidence(path: Path) -> dict[str, Known]:
    """By container.

    Raises:
        WrongFile: a line is not evidence.
    """
    found: dict[str, Known] = {}
    for where, row in _rows(path, EVIDENCE_COLUMNS):
        kind = row["kind"]
        if kind not in get_args(Kind):
            raise WrongFile(f"{where}: kind {kind!r}: expected one of {', '.join(get_args(Kind))}")
        at, fill = _instant(where, "happened_at", row["happened_at"]), _fill(where, row["fill_ratio"])
        known = found.setdefault(row["container"], Known(row["stream"], []))
        known.evidence.append(Evidence(cast("Kind", kind), at, at, fill))
    for known in found.values():
        known.evidence.sort(key=lambda piece: (piece.happened_at, piece.kind == "emptied"))
    return found


def read_tasks(path: Path, known: Mapping[str, Known]) -> list[Task]:
    """In the order of the file.

    Raises:
        WrongFile: a line is not a task about a container of the evidence.
    """
    tasks = []
    for where, row in _rows(path, TASK_COLUMNS):
        if row["container"] not in known:
            raise WrongFile(f"{where}: container {row['container']!r}: expected one of the evidence")
        as_of = _instant(where, "as_of", row["as_of"])
        target_at = _instant(where, "target_at", row["target_at"])
        if target_at < as_of:
            raise WrongFile(f"{where}: target_at {row['target_at']}: expected an instant after as_of {row['as_of']}")
        tasks.append(Task(row["task"], row["container"], as_of, target_at))
    return tasks


def answer(known: Mapping[str, Known], tasks: Sequence[Task]) -> list[Answer]:
    """Each from what had happened by its instant, in the order of the tasks."""
    if not tasks:
        return []
    first = min((piece.happened_at for one in known.values() for piece in one.evidence), default=tasks[0].as_of)
    learned_at = _learned_at(first, max(task.as_of for task in tasks))
    of_task = [learned_at[bisect_right(learned_at, task.as_of) - 1] for task in tasks]
    wanted: dict[str, set[datetime]] = {container: set(of_task) for container in known}
    for task in tasks:
        wanted[task.container].add(task.as_of)
    beliefs = {container: _beliefs_at(known[container].evidence, sorted(at)) for container, at in wanted.items()}
    answers: dict[str, Answer] = {}
    for instant in sorted(set(of_task)):
        # A container that nobody has heard of yet is not there: what comes later must not move a number.
        heard_of = [_thing(known[c], beliefs[c][instant]) for c in known if beliefs[c][instant] != start()]
        model = CityModel(heard_of, hours_of(instant))
        some = [task for task, at in zip(tasks, of_task, strict=True) if at == instant]
        things = [_thing(known[task.container], beliefs[task.container][task.as_of]) for task in some]
        now_h = np.array([hours_of(task.as_of) for task in some])
        target_h = np.array([hours_of(task.target_at) for task in some])
        # A file of levels holds what sensors and crews say.
        found = model.quantiles(things, now_h, target_h, nobody_came=True, as_seen=True)
        over = chance_above(found, OVER).tolist()
        for task, row, chance in zip(some, found.tolist(), over, strict=True):
            answers[task.name] = Answer(task.name, tuple(row), chance)
    return [answers[task.name] for task in tasks]


def write_answers(answers: Iterable[Answer], path: Path) -> None:
    """As CSV: task, quantiles, chance of `OVER` or more."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("task", *NAMES, "p_over_80"))
        for one in answers:
            out.writerow((one.task, *(f"{value:.4f}" for value in one.quantiles), f"{one.over:.4f}"))


def _learned_at(first: datetime, last: datetime) -> list[datetime]:
    """When a model is learned: reckoned from the beginning of the evidence, so that what comes later moves nothing."""
    instants = [first]
    while instants[-1] <= last:
        instants.append(instants[-1] + LEARNED_EVERY)
    return instants


def _beliefs_at(evidence: Sequence[Evidence], instants: Sequence[datetime]) -> dict[datetime, Belief]:
    """As of each instant, in their order, with what happened at it."""
    belief, place, found = start(), 0, {}
    for instant in instants:
        while place < len(evidence) and evidence[place].happened_at <= instant:
            belief = learn(belief, evidence[place])
            place += 1
        found[instant] = belief
    return found


def _thing(known: Known, belief: Belief) -> Thing:
    return Thing(belief, (known.stream,), UNKNOWN_FILL_PER_DAY)


def _rows(path: Path, columns: Sequence[str]) -> Iterable[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [column for column in columns if column not in (rows.fieldnames or ())]
            if missing:
                raise WrongFile(f"{path}: line 1: no column {', '.join(missing)}: expected {', '.join(columns)}")
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                if any(row[column] is None for column in columns):
                    raise WrongFile(f"{where}: {len(row)} cells: expected {', '.join(columns)}")
                yield where, row
    except (OSError, UnicodeDecodeError) as error:
        raise WrongFile(f"{path}: {error}: expected a CSV file in UTF-8") from error


def _instant(where: str, column: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise WrongFile(f"{where}: {column} {text!r}: expected an instant with its zone, like 2026-03-01T12:00:00Z")
    return instant.astimezone(UTC)


def _fill(where: str, text: str) -> float | None:
    if not text:
        return None
    try:
        fill = float(text)
    except ValueError:
        fill = -1.0
    if not 0 <= fill <= 1.2:
        raise WrongFile(f"{where}: fill_ratio {text!r}: expected a share of the volume, 0 to 1.2")
    return fill
