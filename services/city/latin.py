"""Names in plain Latin letters, as ids and column names need them."""

import unicodedata

# Letters that Unicode does not take apart: French ligatures, and those of Fon, Ewe, Bambara and others.
_LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ı": "i", "ɔ": "o", "Ɔ": "O"}
    | {"ɛ": "e", "Ɛ": "E", "ɖ": "d", "Ɖ": "D", "ŋ": "ng", "Ŋ": "NG", "ɲ": "ny", "Ɲ": "NY", "ɓ": "b", "ƒ": "f"}
)


def plain_letters(text: str) -> str:
    """The text without accents: "Sè-Ɖowa" becomes "Se-Dowa"."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def unique_ids(names: list[str], fallback: str = "container") -> list[str]:
    """An id a name, like `limbe-market`; repeated ones get `-2`, `-3`. A name without Latin letters gets `fallback`."""
    used: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in plain_letters(name))
        base = "-".join(words.lower().split())[:56].strip("-") or fallback
        wanted = base
        while wanted in used:
            counts[base] = counts.get(base, 1) + 1
            wanted = f"{base}-{counts[base]}"
        used.add(wanted)
        result.append(wanted)
    return result
