"""`python -m tests.fuzz.guided doors|decoders --seconds 60`: atheris seeks bytes that reach code no case has reached.

It watches which branches of `services.edges` a case takes, keeps those that take a new one, and changes them further
(libFuzzer). Beside `tests.fuzz`, which draws without looking: this finds what hides behind several conditions, at a
tenth of the rate. A fault is told with its trace, and the bytes are kept beside the corpus.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["services.edges"]):
    from services.edges.choosing import DECODERS
    from services.edges.hearing import DOORS

from services.writer.handlers import HANDLERS
from tests.fuzz.__main__ import OWN_DOORS, RAWS, Spoiler
from tests.support.published import NOW
from tests.unit.edges.test_any_message import ENVELOPES, REGISTRY, TAKER, sensed

LONGEST = 4096
WHOLE = 0.5
"""How often a message is spoilt as what it is, a value of its JSON at a time, and not byte by byte."""
SPOILER = Spoiler(0)
PORTS = (None, *range(8), 85, 255)


def at_a_door(data: bytes) -> None:
    """The first byte says which door, the others are the message."""
    if data:
        door = OWN_DOORS[data[0] % len(OWN_DOORS)]
        device = "COT-0412" if DOORS[door].kind == "containers" else "T01"
        taken = TAKER.take("cotonou", door, data[1:], now=NOW, registry=REGISTRY, device=device)
        for made in taken.events:
            HANDLERS[made.topic].contract.model_validate_json(made.value)
        assert bool(taken.events) == (taken.outcome != "passed_over")
        assert (taken.detail is None) == (taken.outcome in {"taken", "left_aside"})


def at_a_decoder(data: bytes) -> None:
    """The first two bytes say which decoder and port, the others are what the sensor sent."""
    if len(data) >= 2:
        said = sensed(DECODERS[data[0] % len(DECODERS)], None, data[2:], PORTS[data[1] % len(PORTS)])
        assert "; expected " in said


def spoilt(data: bytes, most: int, seed: int) -> bytes:
    """A step away from a case of the corpus: by libFuzzer, or where it is JSON by its values."""
    dice = random.Random(seed)
    if dice.random() < WHOLE:
        try:
            message = json.loads(data[1:])
        except (ValueError, RecursionError):
            return atheris.Mutate(data, most)
        SPOILER.dice = dice
        SPOILER.spoil(message)
        return (data[:1] + json.dumps(message).encode())[:most]
    return atheris.Mutate(data, most)


def seeds(target: str) -> list[bytes]:
    """What makers and networks have published, at each door and decoder."""
    if target == "doors":
        messages = [json.dumps(envelope).encode() for envelope in ENVELOPES]
        return [bytes([door]) + message for door in range(len(OWN_DOORS)) for message in messages]
    return [bytes([decoder, 2]) + raw for decoder in range(len(DECODERS)) for raw in RAWS.values()]


TARGETS: dict[str, Callable[[bytes], None]] = {"doors": at_a_door, "decoders": at_a_decoder}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path("var/fuzz/corpus"), help="kept between runs")
    asked = parser.parse_args()
    folder = asked.corpus / asked.target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(asked.target)):
        (folder / f"published-{number:03}").write_bytes(seed)
    options = {
        "max_total_time": asked.seconds, "seed": asked.seed, "max_len": LONGEST, "print_final_stats": 1,
        "artifact_prefix": f"{asked.corpus}/{asked.target}-",
    }  # fmt: skip
    words = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(folder)]
    mutator = {"custom_mutator": spoilt} if asked.target == "doors" else {}
    atheris.Setup(words, TARGETS[asked.target], **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
