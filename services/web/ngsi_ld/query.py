"""The query language of NGSI-LD (ETSI GS CIM 009, 4.9): `fillingLevel>0.8;storedWasteKind=="glass","paper"`.

Attributes with `==`, `!=`, `<`, `<=`, `>`, `>=`, lists, ranges (`0.5..0.8`), `;` for and, `|` for or, parentheses, an
attribute alone (it is there), and what is told about one (`fillingLevel.observedAt`). No patterns (`~=`).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.portals.context import short
from services.portals.entities import value_of
from services.web.ngsi_ld.problems import BadRequest, NotSupported

Entity = Mapping[str, Any]
Test = Callable[[Entity], bool]
Value = str | float | bool | datetime

MOST_CHARACTERS, MOST_DEPTH = 2000, 20
TOKEN = re.compile(
    r'\s*(?:(?P<mark>[();|,]|\.\.)|(?P<sign>!~=|~=|==|!=|<=|>=|<|>)|"(?P<text>[^"]*)"'
    r"|(?P<word>[^\s();|,<>=!~\"]+?(?=\.\.|[\s();|,<>=!~\"]|$)))"
)
ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
PATTERNS = {"~=", "!~="}


def read_query(text: str) -> Test:
    """Whether an entity is asked for.

    Raises:
        BadRequest: it cannot be read; the message says where.
        NotSupported: patterns.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadRequest(f"q: at most {MOST_CHARACTERS} characters")
    reader = _Reader(text)
    test = reader.either(0)
    if reader.token is not None:
        raise reader.fault("the end")
    return test


class _Reader:
    """Reads from left to right; `token` is the one that comes next, as kind and text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.token: tuple[str, str] | None = None
        self._advance()

    def either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._takes("mark", "|"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda entity: any(test(entity) for test in tests)

    def fault(self, expected: str) -> BadRequest:
        found = self.token[1] if self.token else "the end"
        return BadRequest(f"q: expected {expected} at character {self._before}, found {found}")

    def _both(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._takes("mark", ";"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda entity: all(test(entity) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > MOST_DEPTH:
            raise BadRequest(f"q: more than {MOST_DEPTH} parentheses within one another")
        if self._takes("mark", "("):
            test = self.either(depth + 1)
            if not self._takes("mark", ")"):
                raise self.fault(")")
            return test
        if self.token is None or self.token[0] != "word":
            raise self.fault("an attribute")
        path = self._take()
        if self.token is None or self.token[0] != "sign":
            return lambda entity: _find(entity, path) is not None
        sign = self._take()
        if sign in PATTERNS:
            raise NotSupported(f"q: patterns ({sign}) are not supported; == takes a list of values")
        return self._comparison(path, sign)

    def _comparison(self, path: str, sign: str) -> Test:
        if sign in ORDERED:
            limit = self._value()
            return lambda entity: _holds(_find(entity, path), limit, ORDERED[sign])
        options = [self._option()]
        while self._takes("mark", ","):
            options.append(self._option())
        is_equal = sign == "=="

        def test(entity: Entity) -> bool:
            found = _find(entity, path)
            return found is not None and any(option(found) for option in options) == is_equal

        return test

    def _option(self) -> Callable[[Any], bool]:
        low = self._value()
        if not self._takes("mark", ".."):
            return lambda found: _holds(found, low, lambda a, b: a == b)
        high = self._value()
        return lambda found: _holds(found, low, ORDERED[">="]) and _holds(found, high, ORDERED["<="])

    def _value(self) -> Value:
        if self.token is None or self.token[0] not in {"word", "text"}:
            raise self.fault("a value")
        kind, text = self.token
        self._advance()
        return text if kind == "text" else _unquoted(text)

    def _takes(self, kind: str, text: str) -> bool:
        if self.token != (kind, text):
            return False
        self._advance()
        return True

    def _take(self) -> str:
        assert self.token is not None  # noqa: S101 - whoever takes has looked
        text = self.token[1]
        self._advance()
        return text

    def _advance(self) -> None:
        self._before = self._at
        if not self._text[self._at :].strip():
            self.token = None
            return
        found = TOKEN.match(self._text, self._at)
        if found is None:
            raise BadRequest(f"q: cannot be read from character {self._at} on")
        self._at = found.end()
        self.token = (str(found.lastgroup), found[str(found.lastgroup)])


def _unquoted(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return _as_instant(text) or text  # a text without quotes, as many clients send it


def _as_instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _find(entity: Entity, path: str) -> Any:
    """What stands at `attribute`, or what is told about it at `attribute.observedAt`; None: nothing."""
    name, _, about = path.partition(".") if not path.startswith("http") else (path, "", "")
    attribute = entity.get(short(name))
    if attribute is None or isinstance(attribute, str):
        return attribute
    return attribute.get(about) if about else value_of(attribute)


def _holds(found: Any, asked: Value, compare: Callable[[Any, Any], bool]) -> bool:
    """Numbers with numbers, instants with instants, texts with texts, else not; of several values one has to."""
    if isinstance(found, list):
        return any(_holds(each, asked, compare) for each in found)
    if isinstance(asked, datetime) or (isinstance(found, str) and isinstance(asked, str) and _as_instant(asked)):
        instants = [each if isinstance(each, datetime) else _as_instant(str(each)) for each in (found, asked)]
        return None not in instants and compare(*instants)
    numbers = isinstance(found, int | float) and isinstance(asked, int | float)
    if found is None or not (numbers or type(found) is type(asked)):
        return False
    return compare(found, asked)
