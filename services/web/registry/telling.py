"""What the checker of the city folder finds, in the reader's language. What we have no words for stays as it is."""

import re
from dataclasses import dataclass
from datetime import time
from typing import get_args

from pydantic.fields import FieldInfo

from services.city import messages
from services.city.edits import MODELS
from services.city.entry import Entry
from services.city.findings import Finding
from services.city.messages import most, plain_type
from services.city.penalties import Penalty
from services.city.registry import BaselineStop
from services.web.registry.subjects import SUBJECTS
from services.web.rendering.catalogue import Texts
from services.web.rendering.words import Words

_MODELS: dict[str, type[Entry]] = {s.file: MODELS[s.kind] for s in SUBJECTS.values()} | {
    "penalties.csv": Penalty,
    "baseline.csv": BaselineStop,
}
_COLUMN = re.compile(r"(?:column |feature \d+, )(\w+)")
_KNOWN: tuple[tuple[str, str], ...] = (
    ("no_such", r"expected an id of (?P<file>[\w.]+)(, did you mean (?P<near>\S+)\?)?"),
    ("doubled", r"the id stands (on line|in feature) (?P<first>\d+) already: each only once"),
    ("stream_no_truck", r"no truck (of fleet \S+ )?that may come here carries this stream \((?P<count>\d+) .*"),
    ("stream_no_site", r"no disposal site takes this stream \((?P<count>\d+) .*"),
    ("fleet_none", r"no fleet serves zone (?P<zone>\S+), kind (?P<kind>\S+) \((?P<count>\d+) .*"),
    ("fleet_several", r"fleets (?P<fleets>.+) serve zone (?P<zone>\S+), kind (?P<kind>\S+) \((?P<count>\d+) .*"),
    ("fleet_expected", r"expected one of (?P<fleets>.+): there are several fleets, and a truck is of one"),
    ("fleets_missing", re.escape(messages.FLEETS_MISSING)),
    ("rows_none", re.escape(messages.ROWS_NONE)),
    ("half_window", r"expected a time HH:MM, because (?P<other>\w+) has one: both or neither"),
    ("window_order", r"expected a time before (?P<other>\w+)"),
    ("break_whole", re.escape(messages.RULES["break_whole"])),
    ("no_mount", r"expected a whole number, because (?P<other>\w+) has one: .*"),
    ("blind_too_far", re.escape(messages.RULES["blind_too_far"])),
    ("too_deep", re.escape(messages.RULES["too_deep"])),
    ("levels_fall", re.escape(messages.RULES["levels_fall"])),
    ("two_depths", re.escape(messages.RULES["two_depths"])),
    ("unclear", r"(?P<thousands>\S+) or (?P<decimals>\S+)\? Three digits after the only separator .*"),
    ("shape", r"expected (a Polygon or a MultiPolygon|rings of at least 4 positions.*|positions \[lon, lat\].*)"),
    ("column_missing", r"the column is missing; .*"),
    ("column_unknown", r"unknown column(, did you mean (?P<near>\S+)\?)?; .*"),
    ("file_missing", re.escape(messages.FILE_MISSING)),
    ("outside_zone", r"the position is (?P<km>[\d.]+) km outside the shape of zone (?P<zone>\S+?)( \(.*\))?"),
    ("stacked", r"(?P<count>\d+) containers stand on one position .*"),
    ("far_away", r"(?P<km>[\d.]+) km from the middle of the containers.*"),
)
_PATTERNS = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _KNOWN]


@dataclass(frozen=True)
class Told:
    """A finding in words."""

    text: str
    file: str
    line: int | None
    column: str | None
    value: str | None
    count: int
    language: str
    """Of the text: the checker's own words are English."""


class Teller:
    """Says findings and fields in one language."""

    def __init__(self, texts: Texts, words: Words) -> None:
        self._t = texts
        self._w = words

    def label(self, kind: str, column: str) -> str:
        """What a column is called; some mean something of their own in one file."""
        own = f"registry.field_of.{kind}.{column}"
        if self._t.has(own):
            return self._t(own)
        return self._t(f"registry.field.{column}") if self._t.has(f"registry.field.{column}") else column

    def word(self, value: str) -> str:
        """A choice, and a cell of yes or no."""
        return self._t(f"registry.word.{value}") if self._t.has(f"registry.word.{value}") else value

    def shown(self, value: str | None) -> str:
        """A value of a row's history."""
        return "—" if value is None else self.word({"True": "yes", "False": "no"}.get(value, value))

    def tell(self, finding: Finding) -> Told:
        found = _COLUMN.match(finding.place or "")
        column = found[1] if found else None
        text = self._said(finding, column)
        language = self._t.language if text else "en"
        return Told(text or finding.message, finding.file, finding.line, column, finding.value, finding.count, language)

    def expected(self, field: FieldInfo) -> str:
        """What a cell of this field is to hold: as `messages.expected`, in the reader's words."""
        kind = plain_type(field.annotation)
        choices = get_args(field.annotation) if isinstance(next(iter(get_args(field.annotation)), None), str) else ()
        if choices:
            return self._t("registry.expected.choice", choices=", ".join(map(str, choices)))
        if kind is time:
            return self._t("registry.expected.time")
        if kind is bool:
            return self._t("registry.expected.yes_no")
        if kind is tuple:
            return self._t("registry.expected.list")
        if kind in {int, float}:
            return self._t("registry.expected.whole" if kind is int else "registry.expected.number") + self._limits(
                field
            )
        is_id = any(getattr(part, "pattern", None) and "A-Za-z0-9" in str(part.pattern) for part in field.metadata)
        return self._t("registry.expected.id" if is_id else "registry.expected.text")

    def _limits(self, field: FieldInfo) -> str:
        low = next((float(part.ge) for part in field.metadata if hasattr(part, "ge") and part.ge is not None), None)
        above = next((float(part.gt) for part in field.metadata if hasattr(part, "gt") and part.gt is not None), None)
        high = most(field)
        if high is None:
            return ""
        least = low if low is not None else above
        if least is None:
            return self._t("registry.expected.at_most", high=self._number(high))
        key = "registry.expected.between" if low is not None else "registry.expected.above"
        return self._t(key, low=self._number(least), high=self._number(high))

    def _number(self, value: float) -> str:
        return self._w.number(value, 0 if value == int(value) else 1)

    def _said(self, finding: Finding, column: str | None) -> str | None:
        for name, pattern in _PATTERNS:
            if found := pattern.fullmatch(finding.message):
                values = {key: value or "" for key, value in found.groupdict().items()}
                text = self._t(f"registry.fault.{name}", None, **values)
                near = values.get("near")
                return f"{text} {self._t('registry.fault.near', near=near)}" if near else text
        model = _MODELS.get(finding.file)
        field = model.model_fields.get(column) if model and column else None
        if field is not None and finding.message.startswith(
            messages.EMPTY_CELL.format(expected=messages.expected(field))
        ):
            return self._t("registry.fault.expected", expected=self.expected(field))
        return None
