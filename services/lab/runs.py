"""Many lives: each seed under each policy, on all cores, kept as they end, so that a run that was killed goes on."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from multiprocessing import get_context
from pathlib import Path

from services.city.folder import read_folder
from services.city.registry import Registry
from services.errors import TourneeError
from services.lab.life import Life, as_row
from services.lab.policies import POLICIES, Policy, Rules, with_rules
from simulators.city_folder import read_city_folder

FIRST_DAY = date(2026, 3, 2)
"""A Monday, before the rains of the coast that is simulated."""
VERSION = 2
"""Raise it with every change of what a life is made of: lives that are kept are then lived anew."""


class NothingToCompare(TourneeError):
    """The city folder has no fixed circuits, or is wrong."""


@dataclass(frozen=True)
class Asked:
    """What a laboratory run is made of."""

    folder: Path
    days: int
    seeds: int
    rules: Rules
    iterations: int
    policies: tuple[str, ...]

    @property
    def key(self) -> str:
        """Of what a single life depends on, the folder's files included: kept lives of another key are not these."""
        digest = hashlib.sha256(f"{VERSION} {self.days} {self.rules} {self.iterations}".encode())
        for file in sorted(self.folder.glob("*")):
            if file.suffix in {".csv", ".toml", ".geojson"}:
                digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Lived:
    """One life: its days, as `DayLived` says them, and how many sensors there were."""

    seed: int
    policy: str
    sensors: int
    days: tuple[dict[str, float], ...]


type Told = Callable[[str, float], None]
"""A life by name, and the share of it that is lived."""


def live_all(asked: Asked, out: Path, jobs: int, tell: Told) -> list[Lived]:
    """Live what is not kept in `out` already; in the order of seeds and policies.

    Raises:
        NothingToCompare: the folder has no fixed circuits, or is wrong.
    """
    city_of(asked.folder)
    kept = out / asked.key
    kept.mkdir(parents=True, exist_ok=True)
    lives = [(seed, policy) for seed, policy in product(range(1, asked.seeds + 1), asked.policies)]
    missing = [(seed, policy) for seed, policy in lives if not _file(kept, seed, policy).exists()]
    done = len(lives) - len(missing)
    if done:
        tell(f"{done} of {len(lives)} lives were kept", 1.0)
    for seed, policy, count in _lived(asked, kept, missing, jobs):
        tell(f"seed {seed}, {policy}", (done + count) / len(lives))
    return [_read(_file(kept, seed, policy)) for seed, policy in lives]


def city_of(folder: Path) -> Registry:
    """The city to be lived.

    Raises:
        NothingToCompare: it is wrong, or has no fixed circuits.
    """
    reading = read_folder(folder)
    if reading.registry is None:
        raise NothingToCompare(f"{folder} is wrong: {reading.errors[0]}. See all: tournee city check {folder}")
    if not reading.registry.baseline:
        raise NothingToCompare(f"{folder} has no baseline.csv: give the fixed circuits that the rest is compared with")
    return reading.registry


def _lived(asked: Asked, kept: Path, missing: Sequence[tuple[int, str]], jobs: int) -> Iterator[tuple[int, str, int]]:
    if jobs == 1:
        for count, (seed, policy) in enumerate(missing, start=1):
            live_one(asked, kept, seed, policy)
            yield seed, policy, count
        return
    # Spawned: threads of the parent's libraries do not survive a fork.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(live_one, asked, kept, *life): life for life in missing}
        try:
            for count, ended in enumerate(as_completed(waiting), start=1):
                ended.result()
                yield *waiting[ended], count
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def live_one(asked: Asked, kept: Path, seed: int, name: str) -> None:
    """One life, from its first day to its last; written whole or not at all."""
    policy = next(policy for policy in POLICIES if policy.id == name)
    registry = with_rules(city_of(asked.folder), asked.rules, policy)
    life = Life(registry, read_city_folder(asked.folder), seed, policy, asked.iterations)
    life.begin(FIRST_DAY)
    days = [as_row(life.live(FIRST_DAY + timedelta(days=number))) for number in range(asked.days)]
    file = _file(kept, seed, name)
    half = file.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps({"sensors": life.sensors_count, "days": days}), encoding="utf-8")
    half.replace(file)


def _file(kept: Path, seed: int, policy: str) -> Path:
    return kept / f"seed-{seed}-{policy}.json"


def _read(file: Path) -> Lived:
    _, seed, policy = file.stem.split("-", 2)
    document = json.loads(file.read_text(encoding="utf-8"))
    return Lived(int(seed), policy, document["sensors"], tuple(document["days"]))


def policies_of(names: Sequence[str]) -> tuple[str, ...]:
    """Those asked for, in the order of `POLICIES`; the fixed circuits are always among them.

    Raises:
        NothingToCompare: there is none of that name.
    """
    known: tuple[Policy, ...] = POLICIES
    unknown = sorted(set(names) - {policy.id for policy in known})
    if unknown:
        expected = ", ".join(policy.id for policy in known)
        raise NothingToCompare(f"no policy {', '.join(unknown)}: expected some of {expected}")
    return tuple(policy.id for policy in known if not names or policy.id in names or policy.id == "fixed")
