"""Our forecast beside what anyone would try first, on real readings and real emptyings, in one run.

`python -m tests.benchmarks.forecast [--shared FOLDER]` makes the tasks (`tools/fill_tasks.py`), answers them by the two
baselines (`tools/fill_baselines.py`) and by `tournee fill answer`, has all judged by `tools/judge_forecast.py`, and
forecasts a made city of 50,000 containers and chooses their days. A data set that is not there is skipped, and said so.
Last line: JSON.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from services.city.special_days import SpecialDays
from services.fill.belief import Belief, hours_of, learn, start
from services.fill.city_model import CityModel, Thing
from services.fill.due import forecasts_from
from services.fill.evidence import Evidence
from tests.support.choice_town import large_morning
from tests.support.evidence import NOON

DATA = {"ctu": Path("data/fill-ctu/readings.csv.gz"), "edinburgh": Path("data/fill-edinburgh/collections.csv")}
CONTAINERS = 50_000
LIVES = 400
"""Different pasts of the made city's containers; each is that of many."""
PAST_DAYS = 120
AHEAD_H = (24.0, 72.0, 14 * 24.0)


def main() -> None:
    """Run all, print a line of each and the figures at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with tools/ and data/")
    parser.add_argument("--containers", type=int, default=CONTAINERS)
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    for name, path in DATA.items():
        if not (asked.shared / path).exists() or not (asked.shared / "tools").exists():
            print(f"{name}: skipped, {asked.shared / path} or the tools are not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            figures[name] = _measure(asked.shared / "tools", name, asked.shared / path, Path(folder))
    figures |= _many(asked.containers) | _choice(asked.containers)
    print(json.dumps(figures))


def _measure(tools: Path, name: str, data: Path, folder: Path) -> dict[str, Any]:
    _run(tools / "fill_tasks.py", name, data, folder)
    began = time.perf_counter()
    _run(tools / "fill_baselines.py", folder)
    baselines_s = time.perf_counter() - began
    began = time.perf_counter()
    command = "from services.cli import main; main()"
    files = folder / "evidence.csv", folder / "tasks.csv", "--out", folder / "ours.csv"
    _run("-c", command, "fill", "answer", *files)
    ours_s = time.perf_counter() - began
    judged = {}
    for who in ("own", "lightgbm", "ours"):
        told = _run(tools / "judge_forecast.py", folder, folder / f"{who}.csv")
        judged[who] = json.loads(told)
        print(f"{name} {told.strip()}")
    ours, lightgbm = judged["ours"], judged["lightgbm"]
    return {
        "pinball": ours["pinball"], "pinball_lightgbm": lightgbm["pinball"], "pinball_own": judged["own"]["pinball"],
        "cover80": ours["cover80"], "ece": ours["ece"], "mae": ours["mae"], "tasks": ours["tasks"],
        "seconds": round(ours_s, 1), "seconds_baselines": round(baselines_s, 1),
    }  # fmt: skip


def _run(*arguments: object) -> str:
    ended = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {ended.stderr[-2000:]}")
    return ended.stdout


def _many(count: int) -> dict[str, Any]:
    """A made city: learn, and tell three instants of every container."""
    chance = random.Random(1)
    lives = [_life(chance) for _ in range(LIVES)]
    zones = [f"zone-{n}" for n in range(40)]
    things = [Thing(lives[n % LIVES], ("bin", zones[n % 40]), 0.1, zones[n % 40]) for n in range(count)]
    special = SpecialDays(country="BJ", market_every=tuple(f"{zone}:5:2026-01-03" for zone in zones))
    now_h = hours_of(NOON) + 24 * PAST_DAYS
    began, began_cpu = time.perf_counter(), time.process_time()
    model = CityModel(things, now_h, special)
    learned_s = time.perf_counter() - began
    now = np.full(count, now_h)
    for ahead_h in AHEAD_H:
        model.quantiles(things, now, now + ahead_h)
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{count} containers (made): learned in {learned_s:.1f} s, three instants in {took_s:.1f} s "
        f"({cpu_s:.1f} s of a processor), {peak_gb:.2f} GB"
    )
    return {f"containers_{count}_s": round(took_s, 1), "peak_gb": round(peak_gb, 2)}


def _choice(count: int) -> dict[str, Any]:
    """Which day each container of a made city goes to, told in words."""
    registry, beliefs, outlook = large_morning(count, trucks=count // 170)
    began = time.perf_counter()
    rows = forecasts_from(registry, beliefs, outlook)
    took_s = time.perf_counter() - began
    today, later = sum(row.due is not None for row in rows), sum(row.later_day is not None for row in rows)
    print(f"{count} containers (made): {today} today, {later} on the two days after, chosen in {took_s:.1f} s")
    return {f"choice_{count}_s": round(took_s, 1)}


def _life(chance: random.Random) -> Belief:
    """Six readings a day; emptied when it is full."""
    belief, level, rate = start(), 0.0, chance.uniform(0.02, 0.3)
    for n in range(6 * PAST_DAYS):
        at = NOON + timedelta(hours=4 * n)
        level = 0.0 if level > 0.9 else min(level + rate / 6 * chance.uniform(0, 2), 1.0)
        belief = learn(belief, Evidence("reading", at, at, round(level, 2)))
    return belief


if __name__ == "__main__":
    main()
