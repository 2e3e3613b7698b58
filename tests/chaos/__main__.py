"""`python -m tests.chaos`: see docs/chaos.md."""

import argparse
import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path

from infra.stack.errors import ServerMissing, StackError
from tests.chaos.run import Options, Result, run_chaos, short_options
from tests.chaos.schedule import KINDS

VAR = Path(__file__).parents[2] / "var" / "chaos"


def main() -> int:
    """0: nothing lost, nothing doubled, everything came back. 1: not so. 2: the stack cannot be had."""
    options = _options()
    # Asked to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit("ended by SIGTERM"))
    sys.stdout.write(f"seed {options.seed}\n")
    try:
        result = run_chaos(options)
    except ServerMissing as missing:
        sys.stderr.write(f"the {options.stack} stack cannot be had: {missing}\n")
        return 2
    except StackError as broken:
        sys.stderr.write(f"it did not start: {broken}\n")
        return 1
    return _tell(result, options)


def _tell(result: Result, options: Options) -> int:
    if not result.verdict.is_clean:
        sys.stdout.write(f"{result.verdict.told()}\nlogs: {options.folder / 'log'}\n")
    sys.stdout.write(result.line(options) + "\n")
    return 0 if result.verdict.is_clean else 1


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill, hold and fill; lose nothing.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: a random one, printed")
    parser.add_argument("--messages", type=int, help="at least so many (default 200000, short: 30000)")
    parser.add_argument("--rate", type=float, help="of the sensors, messages a second")
    parser.add_argument("--short", action="store_true", help="every kind of fault once, two at a time, in 3 minutes")
    parser.add_argument("--stack", choices=("real", "embedded"), default="real")
    parser.add_argument("--kinds", default="", help=f"only these, comma-separated, of: {', '.join(KINDS)}")
    asked = parser.parse_args()
    folder = VAR / str(asked.seed)
    if asked.short:
        options = short_options(asked.seed, asked.stack, folder)
    else:
        options = Options(asked.seed, 200_000, asked.stack, folder)
    if asked.messages is not None:
        options = replace(options, messages=asked.messages)
    if asked.rate is not None:
        options = replace(options, rate_per_s=asked.rate)
    kinds = tuple(asked.kinds.split(",")) if asked.kinds else KINDS
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"unknown kinds: {', '.join(sorted(unknown))}")
    return replace(options, kinds=kinds)


if __name__ == "__main__":
    sys.exit(main())
