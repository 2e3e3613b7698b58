"""`[numbers]` of `city.toml`: what the town hall says of columns whose numbers can be read in two ways.

The answers belong to the files and not to the city: they are neither stored nor written again.
"""

from collections.abc import Mapping

from services.city import messages
from services.city.city_toml import NAME, CityFile
from services.city.entry import Entry
from services.city.findings import Findings
from services.city.numbers import Answer
from services.city.sheets import TABLES, TableAnswers

TABLE = "numbers"


def read_answers(file: CityFile, findings: Findings) -> TableAnswers:
    """The answers by table and column; an error for each that names no column of numbers."""
    given = file.numbers
    if not isinstance(given, dict) or not all(isinstance(columns, dict) for columns in given.values()):
        findings.error(NAME, messages.NUMBERS_TABLE, line=file.line_of([TABLE]), place=f"key {TABLE}")
        return {}
    return {table: _columns(table, columns, file, findings) for table, columns in given.items()}


def _columns(table: str, columns: Mapping[str, object], file: CityFile, findings: Findings) -> dict[str, Answer]:
    numeric = _numeric(TABLES[table]) if table in TABLES else ()
    answers = {}
    for column, value in columns.items():
        path = [TABLE, table, column]
        line, place = file.line_of(path), f"key {'.'.join(path)}"
        if column not in numeric:
            known = [f"{name}.{number}" for name, model in TABLES.items() for number in _numeric(model)]
            hint = messages.near(f"{table}.{column}", known)
            findings.error(NAME, messages.NUMBERS_COLUMN.format(file=f"{table}.csv", hint=hint), line=line, place=place)
        elif value not in tuple(Answer):
            findings.error(NAME, messages.NUMBERS_TABLE, line=line, place=place, value=str(value))
        else:
            answers[column] = Answer(str(value))
    return answers


def _numeric(model: type[Entry]) -> tuple[str, ...]:
    kinds = {column: messages.plain_type(info.annotation) for column, info in model.model_fields.items()}
    return tuple(column for column, kind in kinds.items() if kind in {int, float})
