"""Every word that people read, by key, in their language. Numbers and dates go through `words`."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from babel import Locale
from markupsafe import Markup, escape

WEB = Path(__file__).parent.parent

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def load_catalogue(language: Language) -> Mapping[str, str | Mapping[str, str]]:
    """Texts by dotted key, each face's and those that all use; one with a count is a mapping of its plural forms."""
    return {key: text for file in text_files(language) for key, text in read_texts(file).items()}


def text_files(language: Language) -> list[Path]:
    """Of this folder's rooms: `texts`, for what all use, and each face's own."""
    return sorted(WEB.glob(f"*/{language}.toml"))


def read_texts(file: Path) -> Mapping[str, str | Mapping[str, str]]:
    """One file's texts, by dotted key."""
    return dict(_flat(tomllib.loads(file.read_text(encoding="utf-8")), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for name, value in table.items():
        if isinstance(value, dict) and not _is_plural(value):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _is_plural(table: Mapping[str, Any]) -> bool:
    return "other" in table and table.keys() <= {"one", "many", "other"}


class Texts:
    """The catalogue of one language: `texts("operator.stops", n=3)`."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._catalogue = load_catalogue(language)

    def __call__(self, key: str, n: float | None = None, **values: object) -> str:
        """The text with its values. With `n`, the plural form that the language asks for (French: 0 and 1 are one)."""
        text = self._catalogue[key]
        if not isinstance(text, str):
            text = text.get(self.locale.plural_form(abs(n or 0)), text["other"])
        return text.format(**values) if values else text

    def html(self, key: str, n: float | None = None, **values: object) -> Markup:
        """The same as markup: the catalogue's own tags stay, values are escaped."""
        return Markup(self(key, n=n)).format(**{name: escape(value) for name, value in values.items()})  # noqa: S704

    def has(self, key: str) -> bool:
        return key in self._catalogue

    def under(self, prefix: str) -> dict[str, str | Mapping[str, str]]:
        """The texts that a script needs, without the prefix."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self._catalogue.items() if key.startswith(start)}


@cache
def texts_in(language: Language) -> Texts:
    return Texts(language)


def language_of(cookie: str | None, accept_language: str | None) -> Language:
    """What the reader chose, else what the browser asks for, else French."""
    if cookie in LANGUAGES:
        return "en" if cookie == "en" else "fr"
    for wish in (accept_language or "").lower().split(","):
        for language in LANGUAGES:
            if wish.strip().split(";")[0].split("-")[0] == language:
                return language
    return "fr"
