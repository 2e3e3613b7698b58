"""What somebody means by a short text: `C-1042 plein`, `bac 1042 deborde`, `c1042 is full`, or a report's own id."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from services.contracts.reports import ReportKind, read_report_id

LONGEST = 320
"""Characters that are read: two messages."""
MOST_CANDIDATES = 8

FRENCH: dict[str, ReportKind] = {
    **dict.fromkeys(("feu", "brule", "brulent", "fume", "fumee", "incendie"), "burning"),
    **dict.fromkeys(("depot", "depots", "decharge", "sauvage", "tas"), "dump"),
    **dict.fromkeys(("casse", "cassee", "abime", "abimee", "renverse", "renversee"), "damaged"),
    **dict.fromkeys(("passe", "oublie", "oubliee", "manque"), "missed"),
    **dict.fromkeys(("plein", "pleine", "pleins", "rempli", "deborde", "debordent"), "full"),
}  # fmt: skip
ENGLISH: dict[str, ReportKind] = {
    **dict.fromkeys(("fire", "burning", "burns", "smoke"), "burning"),
    **dict.fromkeys(("dump", "dumped", "dumping"), "dump"),
    **dict.fromkeys(("broken", "damaged"), "damaged"),
    **dict.fromkeys(("missed", "came", "forgotten"), "missed"),
    **dict.fromkeys(("full", "overflows", "overflowing"), "full"),
}  # fmt: skip
BY_WORD: dict[str, ReportKind] = ENGLISH | FRENCH
MOST_PRESSING: tuple[ReportKind, ...] = ("burning", "dump", "damaged", "missed", "full")
NOT = {"pas", "non", "not", "no", "isn't", "isnt"}
FOLLOW = {"suivi", "suivre", "follow", "status"}
ENGLISH_ALONE = {"the", "is", "not", "container", "truck"}
WORD = re.compile(r"[a-z0-9][a-z0-9._'-]*")


@dataclass(frozen=True)
class Meant:
    language: Literal["fr", "en"]
    kind: ReportKind | None
    """None: not said, or said not to be so."""
    containers: tuple[str, ...]
    """What may be the container's number, as it may be written on its label, the likeliest first."""
    report: str | None
    """A report that is asked after."""


def meaning_of(text: str) -> Meant:
    """Whatever somebody wrote, with or without accents, in any order. A kind is a word of the list, never a guess."""
    words = WORD.findall(_plain(text[:LONGEST]))
    said = [(place, BY_WORD[word]) for place, word in enumerate(words) if word in BY_WORD]
    kinds = {kind for place, kind in said if _stands(words, place, kind)}
    is_english = any(word in ENGLISH or word in ENGLISH_ALONE for word in words)
    asked = [word for place, word in enumerate(words) if _may_be_report(words, place)]
    reports = [found for word in asked if (found := read_report_id(word)) is not None]
    return Meant(
        language="en" if is_english and not any(word in FRENCH for word in words) else "fr",
        kind=next((kind for kind in MOST_PRESSING if kind in kinds), None),
        containers=_candidates(words),
        report=reports[0] if reports else None,
    )


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _stands(words: list[str], place: int, kind: ReportKind) -> bool:
    """`pas plein` says nothing; `pas passe`, `not came` say that nobody came, and so does `oublie` alone."""
    denied = place > 0 and words[place - 1] in NOT
    if words[place] in {"passe", "came"}:
        return any(word in NOT or word == "didn't" for word in words[:place])
    return kind == "missed" or not denied


def _may_be_report(words: list[str], place: int) -> bool:
    """An id may be of letters alone, as `containers` is: then it has to be asked after, or to stand alone."""
    word = words[place]
    is_asked_after = place > 0 and words[place - 1] in FOLLOW
    return len(words) == 1 or is_asked_after or "-" in word or any(sign.isdigit() for sign in word)


def _candidates(words: list[str]) -> tuple[str, ...]:
    """Words with a figure, and what two words make: a label's `C-1042` is written `c 1042` and `c1042` too."""
    found: list[str] = []
    for place, word in enumerate(words):
        if not any(sign.isdigit() for sign in word):
            continue
        tidy = word.strip("._'-")
        split = re.fullmatch(r"([a-z]+)(\d+)", tidy)
        found.append(tidy)
        if split:
            found.append("-".join(split.groups()))
        if place > 0 and words[place - 1].isalpha() and len(words[place - 1]) <= 3:
            found += [f"{words[place - 1]}-{tidy}", f"{words[place - 1]}{tidy}"]
    return tuple(dict.fromkeys(found))[:MOST_CANDIDATES]
