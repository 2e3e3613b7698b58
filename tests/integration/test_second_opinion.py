"""A second opinion on the guideline's tests: OpenDSM, whose figures of avoided energy use nobody here wrote.

It wants another pandas than ours, so it has an environment of its own, made once from `requirements-opinion.lock` (a
minute, 700 MB) and kept in `var/`. Where its packages cannot be fetched, the tests are skipped with the reason.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.ledger.ashrae import APPROXIMATION, FitTest, fit_test

HOME = Path(__file__).parents[2]
LOCK, VENV = HOME / "requirements-opinion.lock", HOME / "var" / "second-opinion"
MADE_WITHIN_S, ASKED_WITHIN_S = 800, 200
ASK = """
import json, sys
import pandas as pd
from opendsm.common.metrics import BaselineMetrics, ReportingMetrics
asked = json.load(sys.stdin)
def table(observed, predicted):
    days = pd.date_range("2026-01-01", periods=len(observed), freq="D", tz="UTC")
    return pd.DataFrame({"observed": observed, "predicted": predicted}, index=days)
baseline = BaselineMetrics(df=table(*asked["baseline"]), num_model_params=asked["parameters"])
told = {"cv_rmse": baseline.cvrmse_adj, "nmbe": baseline.nmbe, "independent_points": baseline.n_prime, "n": baseline.n}
for frequency in ("hourly", "daily", "billing"):
    reporting = ReportingMetrics(baseline_metrics=baseline, reporting_df=table(*asked["reporting"]),
                                 data_frequency=frequency, confidence_level=0.68)
    told[frequency] = reporting.fsu
print(json.dumps(told))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(MADE_WITHIN_S + ASKED_WITHIN_S)]
type Ask = Callable[..., dict[str, float]]


@pytest.fixture(scope="module")
def ask() -> Ask:
    """OpenDSM's figures of a baseline's and a reporting period's litres, observed and modelled."""
    python, made = VENV / "bin" / "python", VENV / "made-of"
    fingerprint = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not made.is_file() or made.read_text() != fingerprint:
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        try:
            done = subprocess.run(
                [*install, "--only-binary", ":all:", "-r", LOCK],
                capture_output=True, text=True, timeout=MADE_WITHIN_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            pytest.skip(f"OpenDSM's packages did not come within {MADE_WITHIN_S} s")
        if done.returncode:
            pytest.skip(f"OpenDSM cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
        made.write_text(fingerprint)

    def asked(**series: Any) -> dict[str, float]:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", ASK], input=json.dumps(series), capture_output=True, text=True,
            timeout=ASKED_WITHIN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return {name: float(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}

    return asked


def a_trucks_fillings(together: float, seed: int = 11) -> tuple[list[float], list[float]]:
    """Sixty of some 60 L, observed and modelled; residuals of 3 L that go together from one to the next."""
    rng = np.random.default_rng(seed)
    modelled, off = rng.uniform(40, 80, 60), np.zeros(60)
    for n, noise in enumerate(rng.normal(0, 3, 60)):
        off[n] = noise + (together * off[n - 1] if n else 0.0)
    return (modelled + off).tolist(), modelled.tolist()


def ours(observed: list[float], modelled: list[float], parameters: int) -> FitTest:
    told = fit_test(observed, np.subtract(observed, modelled), parameters=parameters, limits="day")
    assert told is not None
    return told


@pytest.mark.parametrize("together", [0.3, 0.7])
def test_opendsm_agrees_on_a_trucks_fillings(ask: Ask, together: float) -> None:
    """To the digits that we keep; its bias is a mean of n points, ours of n - p. The saving is a fifth of 25 days."""
    observed, modelled = a_trucks_fillings(together)
    told = ours(observed, modelled, 4)
    saved = np.full(25, 60.0), np.full(25, 48.0)  # modelled by the baseline, burnt: F = 0.2
    theirs = ask(baseline=[observed, modelled], reporting=[saved[1].tolist(), saved[0].tolist()], parameters=4)
    assert told.cv_rmse == pytest.approx(theirs["cv_rmse"], abs=1e-4)
    assert told.nmbe == pytest.approx(theirs["nmbe"] * 60 / (60 - 4), abs=1e-4)
    assert told.independent_points == pytest.approx(theirs["independent_points"], abs=1e-2)
    uncertainty = told.savings_uncertainty(25, 0.2)
    assert uncertainty == pytest.approx(theirs["hourly"], rel=1e-3)
    # Of daily and monthly data it takes a polynomial of the months (here one) for 1.26.
    for frequency, factor in (("daily", 1.03797), ("billing", 0.97338)):
        assert uncertainty == pytest.approx(theirs[frequency] * APPROXIMATION / factor, rel=1e-3)


def test_where_residuals_swing_about_ours_is_the_more_careful(ask: Ask) -> None:
    """It takes them as further evidence, more points than there are; we do not, so our saving is less sure."""
    observed, modelled = a_trucks_fillings(-0.6)
    told = ours(observed, modelled, 4)
    theirs = ask(baseline=[observed, modelled], reporting=[[48.0] * 25, [60.0] * 25], parameters=4)
    assert told.cv_rmse == pytest.approx(theirs["cv_rmse"], abs=1e-4)
    assert told.independent_points == 60 < theirs["independent_points"]
    assert (told.savings_uncertainty(25, 0.2) or 0) > theirs["hourly"]


def test_opendsm_passes_and_fails_the_same_trucks(ask: Ask) -> None:
    """A model that fits, and one a quarter too low: at most 30 and 10 % by either."""
    observed, modelled = a_trucks_fillings(0.2)
    for factor, passes in ((1.0, True), (0.75, False)):
        model = [factor * litres for litres in modelled]
        theirs = ask(baseline=[observed, model], reporting=[[48.0] * 25, [60.0] * 25], parameters=4)
        assert (theirs["cv_rmse"] <= 0.30 and abs(theirs["nmbe"]) <= 0.10) is passes
        assert ours(observed, model, 4).passes is passes
