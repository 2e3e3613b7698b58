"""The benchmark as a recipe: for each problem, every contestant in turn, every plan before the judge, then the sums."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.bench.cases import Case
from routing.bench.child import OURS
from routing.bench.judge import Judged, judge
from routing.bench.peers import PEERS, peer_version
from routing.bench.runner import Outcome, Run, run_side_by_side
from routing.errors import FileWarning, RoutingError
from routing.files import write_problem
from routing.problem import Problem

ROUNDING, ROUNDING_SHARE = 0.01, 1e-5  # published costs have two digits, unrounded distances four
TOO_GOOD = "are the distances meant otherwise (--rounded, --unrounded), or is the .sol another problem's?"


@dataclass(frozen=True, slots=True)
class Entrant:
    """Our solver, whole or without some of its parts, or a peer. Of `side_by_side` runs the better plan counts."""

    name: str
    contestant: str
    side_by_side: int = 1
    without: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Result:
    """One entrant on one problem: its best valid plan, or why there is none."""

    case: str
    family: str
    group: str
    seed: int
    entrant: str
    judged: Judged | None
    elapsed_s: float | None
    first_feasible_s: float | None
    peak_mb: float
    best_known: float | None = None
    plain_twin: str | None = None
    refused: str | None = None
    failed: str | None = None
    unread: str | None = None  # why the problem cannot be read

    @property
    def cost(self) -> float | None:
        """Cost of a valid plan, None without one."""
        return self.judged.cost if self.judged is not None and self.judged.is_valid else None

    @property
    def gap(self) -> float | None:
        """Share by which a valid plan is dearer than the best known: below 0 one of the two is counted otherwise."""
        return self.cost / self.best_known - 1 if self.cost is not None and self.best_known else None

    @property
    def takes_part(self) -> bool:
        return self.refused is None and self.unread is None


def entrants(*, ours: bool, without: Iterable[str], peers: Iterable[str], say: Callable[[str], None]) -> list[Entrant]:
    """List who takes part; a peer whose package is missing is named and left out."""
    found = [Entrant(OURS, OURS)] if ours else []
    found += [Entrant(f"{OURS} without {part}", OURS, without=frozenset({part})) for part in without]
    for name in peers:
        peer, installed = PEERS[name], peer_version(PEERS[name])
        if installed is None:
            say(f"{name}: left out, its package is not installed (pip install {peer.package})")
            continue
        found.append(Entrant(name, name, peer.side_by_side))
    return found


def run_benchmark(
    cases: Iterable[Case],
    field_: list[Entrant],
    seconds: float,
    second_judge: Path | None = None,
    say: Callable[[str], None] = print,
    keep: Path | None = None,
) -> list[Result]:
    """Run all, one entrant at a time; who begins turns round. `keep` is where problems and plans stay.

    A problem that cannot be read is said, and the next one's turn comes.
    """
    results: list[Result] = []
    turns: Counter[tuple[str, bool]] = Counter()
    for case in cases:
        kind = (case.family, case.plain_twin is None)
        turns[kind] += 1
        folder = Path(tempfile.mkdtemp(prefix="tournee-bench-"))
        try:
            try:
                problem, file = _written(case, folder if keep is None else keep, say)
            except RoutingError as error:
                say(f"{case.name}: passed over, it cannot be read: {error}")
                results += [_unread(case, entrant, str(error)) for entrant in field_]
                continue
            best_known = _best_known(case, say)
            for entrant in field_ if turns[kind] % 2 else field_[::-1]:
                result = _run_entrant(case, entrant, problem, file, seconds, second_judge)
                results.append(replace(result, best_known=best_known))
                say(described(results[-1]))
        finally:
            shutil.rmtree(folder)
    return results


def _best_known(case: Case, say: Callable[[str], None]) -> float | None:
    try:
        return case.best_known()
    except RoutingError as error:
        say(f"{case.name}: without a best known cost: {error}")
        return None


def _unread(case: Case, entrant: Entrant, why: str) -> Result:
    return Result(
        case.name, case.family, case.group, case.seed, entrant.name,
        judged=None, elapsed_s=None, first_feasible_s=None, peak_mb=0.0, unread=why,
    )  # fmt: skip


def _written(case: Case, folder: Path, say: Callable[[str], None]) -> tuple[Problem, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FileWarning)
        problem = case.problem()
    for one in caught:
        say(f"{case.name}: warning: {one.message}")
    file = folder / f"{case.name}.problem.json"
    write_problem(problem, file)
    return problem, file


def _run_entrant(
    case: Case, entrant: Entrant, problem: Problem, file: Path, seconds: float, second_judge: Path | None
) -> Result:
    cores = os.cpu_count() or 1
    label = f"{case.name}.{entrant.name.replace(' ', '-')}"
    runs = [
        # Seeds of side-by-side runs never meet those of the next problem's.
        Run(f"{label}-{k}", entrant.contestant, file, seconds, case.seed + 10_000 * k, cores, entrant.without)
        for k in range(min(entrant.side_by_side, cores))
    ]
    results = [_judged(case, entrant, problem, file, outcome, second_judge) for outcome in run_side_by_side(runs)]
    return replace(min(results, key=_rank), peak_mb=max(result.peak_mb for result in results))


def _rank(result: Result) -> tuple[int, float]:
    """Valid plans first, the cheapest of them first; then any plan; then none."""
    if result.cost is not None:
        return 0, result.cost
    return (1, result.judged.missed_required) if result.judged is not None else (2, 0.0)


def _judged(
    case: Case, entrant: Entrant, problem: Problem, file: Path, outcome: Outcome, second_judge: Path | None
) -> Result:
    verdict = None if outcome.plan is None else judge(problem, file, outcome.plan, second_judge)
    return Result(
        case=case.name,
        family=case.family,
        group=case.group,
        seed=case.seed,
        entrant=entrant.name,
        judged=verdict,
        elapsed_s=outcome.elapsed_s,
        first_feasible_s=outcome.first_feasible_s,
        peak_mb=outcome.peak_mb,
        plain_twin=case.plain_twin,
        refused=outcome.refused,
        failed=outcome.failed,
    )


def described(result: Result) -> str:
    """One line for the one who waits."""
    if result.refused is not None:
        return f"{result.case}: {result.entrant} does not take part: {result.refused}"
    if result.failed is not None or result.judged is None:
        return f"{result.case}: {result.entrant} failed: {result.failed}"
    judged = result.judged
    state = "valid" if judged.is_valid else f"NOT VALID ({judged.violations[0]})"
    return (
        f"{result.case}: {result.entrant} {state}, cost {judged.cost:,.1f}, {judged.vehicles} vehicles, "
        f"{result.elapsed_s:.1f} s, {result.peak_mb:.0f} MB{_doubt(result)}"
    )


def _doubt(result: Result) -> str:
    if not is_too_good(result):
        return ""
    assert result.gap is not None  # noqa: S101 - only a gap can be below zero
    return f"; warning: {100 * result.gap:.2f} % from the best known {result.best_known:,.2f}: {TOO_GOOD}"


def is_too_good(result: Result) -> bool:
    """Tell whether a plan costs less than the best known, by more than rounding."""
    if result.cost is None or not result.best_known:
        return False
    return result.cost < result.best_known * (1 - ROUNDING_SHARE) - ROUNDING
