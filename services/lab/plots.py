"""The pictures of a laboratory run, as PNG and SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from services.lab.page import Language, texts_of
from services.lab.policies import POLICIES
from services.lab.summary import Summary
from simulators.geometry import FloatArray

OURS, OTHERS, BEST = "#1b6e5a", "#8a8f98", "#c2742b"
"""Of the product, of what it is compared with, of perfect knowledge: told apart in grey too."""
DOTS_A_INCH = 160


def draw_all(summary: Summary, to_full: FloatArray, out: Path, language: Language) -> list[Path]:
    """Write each plot twice; `to_full` are containers' days to full. Returns the PNG files."""
    texts = texts_of(language)
    drawn = {
        "policies": _policies(summary, texts),
        "trade": _trade(summary, texts),
        "filling": _filling(to_full, texts),
    }
    if sum(policy.id in summary.policies for policy in POLICIES if policy.id.startswith("ours-")) > 1:
        drawn["sensors"] = _sensors(summary, texts)
    files = []
    for name, figure in drawn.items():
        for kind in ("png", "svg"):
            figure.savefig(out / f"{name}.{language}.{kind}", dpi=DOTS_A_INCH)
        files.append(out / f"{name}.{language}.png")
    return files


def _policies(summary: Summary, texts: dict[str, Any]) -> Figure:
    """Litres and overflow, side by side, a bar each policy."""
    names = list(summary.policies)[::-1]
    figure = Figure(figsize=(9, 0.45 * len(names) + 1.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, measure, title in ((left, "litres", "litres"), (right, "overflow_lh", "overflow")):
        found = [summary.policies[name][measure] for name in names]
        axes.barh(
            [texts["policies"][name] for name in names], [one.mean for one in found],
            xerr=[one.half or 0.0 for one in found], color=[_colour(name) for name in names],
            error_kw={"ecolor": "#333333", "capsize": 2},
        )  # fmt: skip
        axes.axvline(summary.policies["fixed"][measure].mean, color="#333333", linewidth=0.8, linestyle=":")
        axes.set_title(texts["plots"][title], fontsize=10)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        _plain(axes)
    return figure


def _trade(summary: Summary, texts: dict[str, Any]) -> Figure:
    """Each policy a dot: the nearer to the corner, the better."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    fixed = summary.policies["fixed"]
    axes.axvline(fixed["litres"].mean, color="#bbbbbb", linewidth=0.8)
    axes.axhline(fixed["overflow_lh"].mean, color="#bbbbbb", linewidth=0.8)
    for name, found in summary.policies.items():
        x, y = found["litres"].mean, found["overflow_lh"].mean
        axes.plot(x, y, "o", color=_colour(name), markersize=7)
        axes.annotate(texts["short"][name], (x, y), xytext=(6, 4), textcoords="offset points", fontsize=8)
    axes.set_xlabel(texts["plots"]["litres"])
    axes.set_ylabel(texts["plots"]["overflow"])
    axes.set_title(texts["plots"]["trade"], fontsize=11)
    axes.margins(0.12)
    axes.set_ylim(bottom=0)
    _plain(axes)
    return figure


def _sensors(summary: Summary, texts: dict[str, Any]) -> Figure:
    """What is saved against the share of containers that are measured, with perfect knowledge as a line."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    fixed_l = summary.policies["fixed"]["litres"].mean
    ours = [policy for policy in POLICIES if policy.id.startswith("ours-") and policy.id in summary.policies]
    shares = [100 * policy.measured for policy in ours]
    found = [summary.policies[policy.id]["litres"] for policy in ours]
    axes.errorbar(
        shares, [100 * (1 - one.mean / fixed_l) for one in found],
        yerr=[100 * (one.half or 0) / fixed_l for one in found], color=OURS, marker="o", capsize=3,
    )  # fmt: skip
    for name in ("rerouted", "dates", "perfect"):
        if name in summary.policies:
            saved = 100 * (1 - summary.policies[name]["litres"].mean / fixed_l)
            axes.axhline(saved, color=_colour(name), linestyle="--", linewidth=1)
            axes.annotate(texts["policies"][name], (1, saved), xycoords=axes.get_yaxis_transform(), xytext=(0, 3),
                          textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
    axes.set_xlabel(texts["plots"]["measured"])
    axes.set_ylabel(texts["plots"]["saved"])
    axes.set_title(texts["plots"]["worth"], fontsize=11)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    _plain(axes)
    return figure


def _filling(to_full: FloatArray, texts: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    most = 14.0
    edges: Sequence[float] = [n / 2 for n in range(int(2 * most) + 1)]
    axes.hist(to_full.clip(0, most - 0.01), bins=list(edges), color=OTHERS, edgecolor="white")
    axes.set_xlabel(texts["plots"]["days"])
    axes.set_ylabel(texts["plots"]["containers"])
    axes.set_title(texts["plots"]["filling"], fontsize=11)
    _plain(axes)
    return figure


def _colour(name: str) -> str:
    if name == "perfect":
        return BEST
    return OURS if name.startswith(("ours", "dates", "day")) else OTHERS


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
