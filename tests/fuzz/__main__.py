"""`python -m tests.fuzz --cases 1000000`: each ends as a distance, a place or a reason, else the first is told.

Beside `tests/unit/edges/test_any_message.py`, whose Hypothesis draws what nobody thinks of and shrinks it, at 2 ms a
case: this spoils what real devices have sent, at a tenth of that.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from services.edges.choosing import DECODERS
from services.edges.hearing import DOORS, READER, hear, read_json
from services.writer.handlers import HANDLERS
from tests.support import published
from tests.support.published import NOW
from tests.unit.edges.test_any_message import ENVELOPES, MOMENT, REGISTRY, TAKER, check, sensed

TELL_EVERY = 50_000
ODD: tuple[object, ...] = (
    *(None, True, False, 0, -0.0, 1, -1, 255, 256, 65535, 2**31, 2**32 - 1, 2**63, 10**30, -(10**30), 1e308, 0.1),
    *("", " ", "0", "-1", "1e400", "NaN", "Infinity", "\0", "\ud800", "é", "²", "1,5", "3.6 V", "1200 mm", "99 %"),
    *("Invalid Reading", "No Sensor", "tilt", "threshold_alarm", "2026-11-22T05:01:07Z", "0001-01-01T00:00:00Z"),
    *("2026-13-45T99:99:99Z", "9999-12-31T23:59:59-23:59", "AXVcA2cBAQSCRAgFAAE=", "=", "x" * 5000),
    *([], {}, [[]], {"": {}}),
)  # fmt: skip
RAWS = {
    "em310-udl": published.EM310, "em400-mud": published.EM400, "dl-mbx": published.DL_MBX, "ldds75": published.LDDS75
}  # fmt: skip
AT_HOME = 0.8
"""How often a message comes to the door, or bytes to the decoder, whose they are."""
OWN_DOORS = ("chirpstack", "ttn", "traccar-client", "traccar-forward", "osmand")


class Spoiler:
    """Draws cases; the same seed draws the same."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._texts = [(json.dumps(envelope), hear(json.dumps(envelope).encode(), MOMENT)) for envelope in ENVELOPES]

    def message(self) -> tuple[object, str]:
        """A real one, spoilt; and whose door it is."""
        text, whole = self.dice.choice(self._texts)
        message = json.loads(text)
        self.spoil(message)
        return message, whole.door if whole.door and whole.door in DOORS else "object"

    def spoil(self, message: object) -> None:
        """Replace, take away or put elsewhere up to three of its values."""
        dice = self.dice
        for _ in range(dice.randint(1, 3)):
            at, name = self._place(message)
            if name is None:
                continue
            match dice.randrange(6):
                case 0:
                    del at[name]
                case 1 | 2 | 3:
                    at[name] = deepcopy(dice.choice(ODD))
                case 4:
                    at[name] = {dice.choice(("", "value", str(name))): at[name]}
                case _:
                    at[name] = [at[name]] * dice.randint(0, 3)

    def _place(self, message: Any) -> tuple[Any, Any]:
        """Some object or list within, and a name of it."""
        at, name, holder = message, None, None
        for _ in range(self.dice.randint(1, 5)):
            if not (isinstance(at, dict | list) and at):
                break
            holder = at
            name = self.dice.choice(list(at)) if isinstance(at, dict) else self.dice.randrange(len(at))
            at = at[name]
        return holder, name

    def flipped(self, data: bytes) -> bytes:
        """With some bytes changed, taken out, put in or cut off."""
        dice, body = self.dice, bytearray(data)
        for _ in range(dice.randint(1, 5)):
            at = dice.randrange(len(body) + 1)
            match dice.randrange(4):
                case 0 if at < len(body):
                    body[at] = dice.randrange(256)
                case 1:
                    body[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 4)))
                case 2:
                    del body[at : at + dice.randint(1, 8)]
                case _ if dice.random() < 0.2:
                    del body[at:]
        return bytes(body)

    def payload(self) -> tuple[bytes, str]:
        message, door = self.message()
        body = json.dumps(message).encode()
        return (self.flipped(body) if self.dice.random() < 0.2 else body), door


def at_any_door(spoiler: Spoiler) -> str:
    body, name = spoiler.payload()
    door = DOORS[name] if spoiler.dice.random() < AT_HOME else spoiler.dice.choice((None, *DOORS.values()))
    heard = hear(body, MOMENT, door=door)
    check(heard)
    return "taken" if heard.rejected is None else "rejected"


def at_a_citys_door(spoiler: Spoiler) -> str:
    body, name = spoiler.payload()
    at_home = name in OWN_DOORS and spoiler.dice.random() < AT_HOME
    door = name if at_home else spoiler.dice.choice(OWN_DOORS)
    device = spoiler.dice.choice((None, "COT-0412" if DOORS[door].kind == "containers" else "T01"))
    taken = TAKER.take("cotonou", door, body, now=NOW, registry=REGISTRY, device=device)
    for made in taken.events:
        HANDLERS[made.topic].contract.model_validate_json(made.value)
    assert bool(taken.events) == (taken.outcome != "passed_over")
    assert (taken.detail is None) == (taken.outcome in {"taken", "left_aside"})
    return taken.outcome


def at_a_decoder(spoiler: Spoiler) -> str:
    """Bytes: what a sensor has sent, spoilt, or any."""
    dice = spoiler.dice
    name = dice.choice(tuple(RAWS))
    raw = spoiler.flipped(RAWS[name]) if dice.random() < AT_HOME else dice.randbytes(dice.randint(0, 60))
    port = dice.choice((None, *range(8), 85, 255))
    own = next(each for each in DECODERS if each.name == name)
    said = sensed(own if dice.random() < AT_HOME else dice.choice(DECODERS), None, raw, port)
    assert "; expected " in said
    return "distance" if said.startswith("no reason") else "refused"


def at_the_reader(spoiler: Spoiler) -> str:
    """The quick reader of JSON and the slow one say the same."""
    text = spoiler.payload()[0].decode(errors="replace")
    read = _read(READER.decode, text)
    assert _read(read_json, text) == read
    return "none" if read == "none" else "read"


def _read(read: Callable[[str], object], text: str) -> str:
    try:
        return repr(read(text))
    except ValueError:
        return "none"


KINDS = (at_any_door, at_a_citys_door, at_a_decoder, at_the_reader)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began_s, done, spoiler = time.process_time(), Counter[str](), Spoiler(asked.seed)
    for number in range(asked.cases):
        kind = KINDS[number % len(KINDS)]
        try:
            outcome = kind(spoiler)
        except Exception:
            print(f"case {number} of seed {asked.seed}, {kind.__name__}:", file=sys.stderr)
            raise
        done[f"{kind.__name__} {outcome}"] += 1
        if (number + 1) % TELL_EVERY == 0:
            print(
                f"{number + 1:,} cases in {time.process_time() - began_s:.0f} s of processor: {dict(done)}", flush=True
            )


if __name__ == "__main__":
    main()
