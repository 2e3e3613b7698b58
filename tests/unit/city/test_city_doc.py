"""The document of the city folder names every file, column and key, and its example lines are right."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from services.city.findings import Findings
from services.city.registry import City, Zone
from services.city.rows import read_rows
from services.city.sheets import FILES, TABLES
from services.city.tables import parse_table

DOCUMENT = (Path(__file__).parents[3] / "docs" / "city-folder.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def keys(model: type[BaseModel]) -> list[str]:
    """The keys of a model and of its tables."""
    found = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += [f"[{name}]", *keys(field.annotation)]
        else:
            found.append(field.alias or name)
    return found


@pytest.mark.parametrize(
    ("title", "model"),
    [("city.toml", City), ("zones.geojson", Zone), *((f"{table}.csv", model) for table, model in TABLES.items())],
)
def test_every_column_is_documented_in_its_section_and_no_other(title: str, model: type[BaseModel]) -> None:
    documented = re.findall(r"^\| `([^`]+)` \|", section(title), flags=re.MULTILINE)
    assert documented == keys(model)


def test_every_file_is_documented() -> None:
    assert all(f"| `{file}` |" in DOCUMENT for file in FILES)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_example_line_is_right(table: str) -> None:
    example = section(f"{table}.csv").partition("```csv\n")[2].partition("```")[0]
    findings = Findings()
    parsed = parse_table(example, table, findings, is_column=TABLES[table].model_fields.__contains__)
    assert parsed is not None
    assert read_rows(TABLES[table], parsed, table, findings).entries
    assert findings.errors == []
