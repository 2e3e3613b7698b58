"""What a driver is told at a manoeuvre, in French and English.

Our own few phrases over OSRM's words rather than Valhalla's narrative: they speak of the line that was planned, where
another engine would take another way.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

type Language = Literal["fr", "en"]

TEXTS = Path(__file__).with_name("manoeuvres.toml")
OTHER = "turn"
"""A kind that OSRM may bring one day is told as a turn, since its direction is right in any case."""
EXITS = 10


def instruction(kind: str, direction: str, street: str, exit_number: int | None, language: Language) -> str:
    """One line for the driver: "Tourner à gauche sur Rue du Port".

    Args:
        kind: OSRM's `maneuver.type`, such as "turn" or "roundabout".
        direction: OSRM's `maneuver.modifier`, such as "slight left"; empty where there is none.
        street: the street that is taken; empty where it has no name.
        exit_number: of a roundabout, counted from 1.
        language: "fr" or "en".
    """
    texts = _texts()[language]
    phrases = texts["kinds"].get(kind, texts["kinds"][OTHER])
    words = {
        "direction": texts["directions"].get(direction, texts["directions"]["straight"]),
        "side": texts["sides"].get(direction, ""),
        "exit": texts["exits"][exit_number - 1] if exit_number and exit_number <= EXITS else "",
    }
    chosen = phrases["exit"] if words["exit"] and "exit" in phrases else phrases.get(direction, phrases["any"])
    text = " ".join(chosen.format(**words).split())
    return texts["onto"].format(text=text, street=street) if street and phrases.get("named", True) else text


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))
