"""`tournee doctor`: every server and what it holds, each line ok, look or fail."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.doctor import Finding, examine
from services.settings import settings

EXIT_FAULT = 1
STYLES = {"ok": "green", "look": "yellow", "fail": "bold red"}


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="For machines: {healthy, findings}.")] = False,
) -> None:
    """Ask every server how it is, and say what to do. Exit code 1 when something fails; `look` alone does not count."""
    findings = examine(settings())
    is_healthy = all(finding.status != "fail" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"healthy": is_healthy, "findings": [asdict(f) for f in findings]}, ensure_ascii=False))
    else:
        Console(highlight=False, soft_wrap=True).print(_table(findings))
    if not is_healthy:
        raise typer.Exit(EXIT_FAULT)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        detail = Text(finding.detail)
        if finding.next:
            detail.append(f"\n-> {finding.next}", style="bold")
        table.add_row(Text(finding.status, style=STYLES[finding.status]), finding.what, detail)
    return table
