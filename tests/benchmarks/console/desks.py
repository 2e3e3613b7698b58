"""Fifty operators of a large city at one web process: how long they wait for an answer.

    python -m tests.benchmarks.console.desks

The pages are served by a thread of this process, the operators sit in another. The goal: nineteen answers of twenty
within 0.3 s. Simulated city. Ends with one line of JSON.
"""

import json
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from infra.migrate import migrate
from infra.stack.start import start_stack
from services.contracts.planning import PlanMade
from tests.benchmarks.console.large import NOW, put_large
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running, client_of, serve
from tests.twins.stream import MemoryStream

ROOT = Path(__file__).parents[3]
OPERATORS, SECONDS = 50, 40.0
CONTAINERS, CIRCUITS = 5_000, 25
WEIGHTS = {"page": 1, "panel": 3, "stops": 4, "stop": 4, "found": 3, "ladder": 2, "state": 6, "container": 2}


def main() -> None:
    """Seed, sit down, tell."""
    with start_stack("embedded") as stack:
        migrate(stack.database_url)
        plan = put_large(stack.database_url, CONTAINERS, CIRCUITS)
        with serve(stack.database_url, MemoryStream(), NOW) as web:
            print(json.dumps(measured(web, plan)))


def measured(web: Running, plan: PlanMade) -> dict[str, object]:
    """Of all answers, and of each kind. An answer that is none ends it."""
    with closing(client_of(web, OPERATOR, plan.city)) as client:
        cookies = dict(client.cookies.items())
    orders = {
        "url": web.url, "cookies": cookies, "operators": OPERATORS, "seconds": SECONDS, "looks": looks_of(plan),
        "weights": WEIGHTS,
    }  # fmt: skip
    desks = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.console.operators"], cwd=ROOT, input=json.dumps(orders),
        stdout=subprocess.PIPE, text=True, check=True, timeout=SECONDS + 90,
    )  # fmt: skip
    took = json.loads(desks.stdout)
    of_look: dict[str, list[float]] = defaultdict(list)
    for one in took:
        if one["status"] != 200:
            raise SystemExit(f"no answer: {one}")
        of_look[one["look"]].append(one["seconds"])
    told: dict[str, object] = {
        look: {"n": len(of), "p50_s": percentile(of, 0.5), "p95_s": percentile(of, 0.95)}
        for look, of in of_look.items()
    }
    p95_s = percentile([one["seconds"] for one in took], 0.95)
    return told | {"operators": OPERATORS, "answers": len(took), "p95_s": p95_s}


def looks_of(plan: PlanMade) -> dict[str, list[str]]:
    """What an operator's page asks for, by hand or by itself."""
    day, made = f"jour={plan.day}", f"plan={plan.plan_id}"
    served = [stop.place for circuit in plan.circuits for stop in circuit.stops[::10]]
    return {
        "page": [f"/operateur?{day}"],
        "panel": [f"/operateur/panneau?{day}&{made}"],
        "stops": [f"/operateur/arrets?{made}&circuit={circuit.number}" for circuit in plan.circuits],
        "stop": [f"/operateur/arret?{made}&bac={place}" for place in served],
        "found": [f"/operateur/trouves?{day}&{made}&q=Rue+{number}" for number in (12, 77, 450)],
        "ladder": [f"/operateur/frise?{day}&{made}"],
        "state": [f"/api/v1/state?day={plan.day}"],
        "container": [f"/bacs/{place}" for place in served],
    }


def percentile(seconds: list[float], share: float) -> float:
    return round(sorted(seconds)[int(len(seconds) * share)], 3)


if __name__ == "__main__":
    main()
