"""What a laboratory run leaves behind: the page in two languages, the plots, the figures as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.city.registry import Registry
from services.lab.page import LANGUAGES, page
from services.lab.plots import draw_all
from services.lab.runs import FIRST_DAY, Asked, Lived
from services.lab.summary import document, summarise
from simulators.bins.truth import Bins
from simulators.city_folder import read_city_folder


def write_report(
    registry: Registry, folder: Path, asked: Asked, lives: Sequence[Lived], out: Path
) -> tuple[dict[str, object], str, list[Path]]:
    """Write `page.fr.md`, `page.en.md`, `figures.json` and the plots into `out`.

    Returns:
        The figures, the English page, and the plots as PNG; beside each lies its SVG.
    """
    city = read_city_folder(folder)
    summary = summarise(registry, city, lives)
    figures = document(registry, asked.rules, summary)
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    seeds = [Bins(city, seed, FIRST_DAY) for seed in summary.seeds]
    to_full = np.concatenate([bins.capacity_l / bins.mean_l_per_day for bins in seeds])
    plots: list[Path] = []
    for language in LANGUAGES:
        (out / f"page.{language}.md").write_text(page(registry, asked.rules, summary, language), encoding="utf-8")
        plots += draw_all(summary, to_full, out, language)
    return figures, page(registry, asked.rules, summary, "en"), plots
