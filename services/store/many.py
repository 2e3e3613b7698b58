"""Reading a whole city: hundreds of thousands of objects in one go."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def many_at_once() -> Iterator[None]:
    """Keep the garbage collector out while much is made and nothing thrown away, as a `with` or a decorator.

    Python looks through all objects again and again as their number grows, and finds nothing: a third of the time that
    a city of 50,000 containers takes. What is held by nobody is freed all the same; only cycles wait.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
