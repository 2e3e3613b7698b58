"""Sums and table of a benchmark: what each line gathers, as Markdown, and everything as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import fmean, median
from typing import Any

from routing.bench.benchmark import TOO_GOOD, Result, is_too_good
from routing.bench.cases import KIM
from routing.bench.peers import PEERS, peer_version

type Sums = dict[str, Any]

COLUMNS = (
    ("problems", "group"), ("who", "entrant"), ("valid", "valid"), ("cost", "cost_mean"), ("gap %", "gap_mean_pct"),
    ("vehicles", "vehicles_mean"), ("miles", "miles_mean"), ("missed required", "missed_required"),
    ("peak MB", "peak_mb"), ("first plan s, median", "first_feasible_median_s"), ("worst", "first_feasible_worst_s"),
)  # fmt: skip


def summed(results: list[Result]) -> list[Sums]:
    """One row for each group of problems and entrant that took part, with its ratios against each peer."""
    groups = list(dict.fromkeys((result.group, result.entrant) for result in results if result.takes_part))
    order = list(dict.fromkeys(group for group, _ in groups))
    rows = []
    for group, entrant in sorted(groups, key=lambda key: (order.index(key[0]), key[1] in PEERS, key[1])):
        mine = [r for r in results if r.group == group and r.entrant == entrant and r.takes_part]
        ratios = {peer: _ratio(mine, results, peer) for peer in PEERS if peer != entrant}
        rows.append(_sum(group, entrant, mine) | {"ratio": {peer: r for peer, r in ratios.items() if r is not None}})
    return rows


def _sum(group: str, entrant: str, mine: list[Result]) -> Sums:
    valid = [result for result in mine if result.cost is not None]
    costs = [result.cost for result in valid if result.cost is not None]
    gaps = [100 * result.gap for result in valid if result.gap is not None]
    judged = [result.judged for result in valid if result.judged is not None]
    miles = [result.judged.miles for result in valid if result.judged is not None and result.family == KIM]
    firsts = [result.first_feasible_s for result in mine if result.first_feasible_s is not None]
    return {
        "group": group,
        "entrant": entrant,
        "valid": f"{len(valid)} of {len(mine)}",
        "cost_mean": _rounded(fmean(costs), 1) if costs else None,
        "gap_mean_pct": _rounded(fmean(gaps), 2) if gaps else None,
        "gap_worst_pct": _rounded(max(gaps), 2) if gaps else None,
        "vehicles_mean": _rounded(fmean([one.vehicles for one in judged]), 2) if judged else None,
        "miles_mean": _rounded(fmean(miles), 1) if miles else None,
        "missed_required": sum(result.judged.missed_required for result in mine if result.judged is not None),
        "peak_mb": max((result.peak_mb for result in mine), default=None),
        "first_feasible_median_s": _rounded(median(firsts), 2) if firsts else None,
        "first_feasible_worst_s": _rounded(max(firsts), 2) if firsts else None,
    }


def _ratio(mine: list[Result], results: list[Result], peer: str) -> Sums | None:
    """Cost against a peer's on the problems where both have a valid plan."""
    theirs = {result.case: result.cost for result in results if result.entrant == peer}
    pairs = [r.cost / cost for r in mine if r.cost is not None and (cost := theirs.get(r.case))]
    if not pairs:
        return None
    return {
        "mean": _rounded(fmean(pairs), 4),
        "median": _rounded(median(pairs), 4),
        "worst": _rounded(max(pairs), 4),
        "pairs": len(pairs),
    }


def rules_cost(results: list[Result]) -> list[Sums]:
    """What the further rules cost each entrant: full against plain cities of the same seed, the breaks' pay aside."""
    plain = {(result.case, result.entrant): result for result in results}
    pairs: dict[tuple[str, str], list[float]] = {}
    for result in results:
        twin = plain.get((result.plain_twin or "", result.entrant))
        if result.cost is not None and result.judged is not None and twin is not None and twin.cost:
            ratio = (result.cost - result.judged.break_pay) / twin.cost
            pairs.setdefault((result.group, result.entrant), []).append(ratio)
    return [
        {"group": group, "entrant": entrant, "mean": _rounded(fmean(r), 4), "worst": _rounded(max(r), 4)}
        for (group, entrant), r in pairs.items()
    ]


def document(results: list[Result], seconds: float) -> Sums:
    """Everything, as the JSON object the command writes."""
    return {
        "benchmark": "routing",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "peers": {peer.name: peer_version(peer) for peer in PEERS.values()},
        "summary": summed(results),
        "rules": rules_cost(results),
        "unread": {result.case: result.unread for result in results if result.unread},
        "too_good": sorted({result.case for result in results if is_too_good(result)}),
        "runs": [asdict(result) for result in results],
    }


def table(report: Sums) -> str:
    """The summary in Markdown, and below it what the further rules cost and what must be doubted."""
    rows: list[Sums] = report["summary"]
    peers = [peer for peer in PEERS if any(peer in row["ratio"] for row in rows)]
    used = [column for column in COLUMNS if any(row[column[1]] is not None for row in rows)]
    heads = [head for head, _ in used] + [f"/ {peer}: mean, median, worst" for peer in peers]
    lines = [_line(heads), _line("---" for _ in heads)]
    for row in rows:
        cells = [_cell(row[key]) for _, key in used]
        lines.append(_line([*cells, *(_ratio_cell(row["ratio"].get(peer)) for peer in peers)]))
    lines += [
        f"{row['group']}, {row['entrant']}: {row['mean']} of the same cities under plain rules (worst {row['worst']}), "
        "the breaks' pay aside"
        for row in report["rules"]
    ]
    if report["too_good"]:
        lines.append(f"Warning: cheaper than the best known: {', '.join(report['too_good'])}: {TOO_GOOD}")
    if report["unread"]:
        lines.append(f"Not read, and in none of these sums: {', '.join(report['unread'])}")
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _ratio_cell(ratio: Sums | None) -> str:
    return "" if ratio is None else f"{ratio['mean']:.3f}, {ratio['median']:.3f}, {ratio['worst']:.3f}"


def _rounded(value: float, digits: int) -> float:
    return round(float(value), digits) + 0.0  # not -0.0
