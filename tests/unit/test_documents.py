"""The documents stay true: every link leads somewhere, every command shown exists."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """A newcomer who clicks must arrive."""
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


def test_commands_of_the_readme_exist() -> None:
    """Each `tournee ...` shown answers --help."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"tournee (stack up|city \S+|solve|bridge|writer|planner|ledger|web)", readme))
    assert {"solve", "stack up", "city check", "city from-points"} <= shown
    for command in shown:
        answer = CliRunner().invoke(app, [*command.split(), "--help"])
        assert answer.exit_code == 0, f"tournee {command}: {answer.output}"


def test_make_targets_of_the_readme_exist() -> None:
    """Each `make ...` shown is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown <= targets
