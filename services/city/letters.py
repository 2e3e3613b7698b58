"""Letters that cannot be seen, or that turn the text around them: two names may look alike and be different."""

import re
import unicodedata

from services.city import messages

JOINERS = frozenset("\u200c\u200d")
"""Persian, Hindi and others write with these; alone or after a Latin letter they say nothing."""
FILLERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Counted as letters or signs, and yet blank."""
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Controls, formats (zero widths, marks and overrides of direction), separators of lines and paragraphs."""
LOST = "\N{REPLACEMENT CHARACTER}"
SHOWN = 3

ABOVE_ASCII = re.compile(r"[^\x00-\x7f]+")
MISREAD_FIRST = frozenset("ÂÃâ")
"""What begins an accented letter or a dash of UTF-8 that was read as Windows-1252."""
MISREAD_LENGTH = 4
"""Two letters of other scripts, likewise. Shorter runs may well be meant: «MARCHÉ»."""


def unseen(text: str, *, spaces: bool = False) -> str:
    """The letters of a text that cannot be seen, by number and name; nothing where there are none.

    `spaces`: also spaces other than the usual one. Names may hold those, ids and numbers not.
    """
    if text.isascii() and text.isprintable():
        return ""
    found = dict.fromkeys(letter for place, letter in enumerate(text) if _is_unseen(text, place, spaces=spaces))
    named = [f"U+{ord(letter):04X} {unicodedata.name(letter, 'a control character')}" for letter in found]
    return ", ".join(named[:SHOWN]) + ", ..." * (len(named) > SHOWN)


def name_doubts(name: str) -> dict[str, str]:
    """What a town hall should look at again in a name: unseen letters, and traces of a wrong encoding.

    Texts by the kind of the doubt, which many names may share.
    """
    if name.isascii() and name.isprintable():
        return {}
    doubts = {}
    if letters := unseen(name):
        doubts[letters] = messages.UNSEEN.format(letters=letters)
    if LOST in name:
        doubts[messages.LETTER_LOST] = messages.LETTER_LOST
    elif meant := _meant_by(name):
        doubts[messages.MISREAD] = messages.MISREAD.format(meant=meant)
    return doubts


def _is_unseen(text: str, place: int, *, spaces: bool) -> bool:
    letter = text[place]
    if letter in JOINERS:
        return place == 0 or place == len(text) - 1 or text[place - 1].isascii()
    category = unicodedata.category(letter)
    return category in UNSEEN or letter in FILLERS or (spaces and category == "Zs" and letter != " ")


def _meant_by(text: str) -> str:
    """What a text was before its UTF-8 was once read as Windows-1252 ("MarchÃ©"); nothing where it was not."""
    meant = ABOVE_ASCII.sub(_decoded, text)
    return meant if meant != text else ""


def _decoded(run: re.Match[str]) -> str:
    """The letters that a run was made of; the run itself where it can be meant."""
    letters = run[0]
    if letters[0] not in MISREAD_FIRST and len(letters) < MISREAD_LENGTH:
        return letters
    try:
        return b"".join(map(_byte, letters)).decode("utf-8")
    except UnicodeError:
        return letters


def _byte(letter: str) -> bytes:
    """The byte that was read as this letter. Five bytes mean nothing in Windows-1252 and are then taken as they are."""
    return letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252")
