"""The independent judge of plans, `shared/tools/check_plan.py`. Imports nothing of ours."""

import json
from pathlib import Path
from typing import Any

from tests.support.beside import load_tool


def judge_files(problem: Path, plan: Path) -> dict[str, Any]:
    """Its verdict on a plan; matrices are looked for beside the problem. Skips the test where there is no judge."""
    judge = load_tool("check_plan").judge
    documents = [json.loads(file.read_text()) for file in (problem, plan)]
    verdict: dict[str, Any] = judge(*documents, problem.parent)
    return verdict
