"""Parts of pages kept as they were written: a list of a thousand rows of which two have changed writes two."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from markupsafe import Markup

MOST_BYTES = 12_000_000
"""Of text, for a process: some ten days of 1,000 stops. What the keys hold comes to twice as much again."""
HERE = "\x00"
"""Stands in a kept part for what differs from page to page; no page may hold it otherwise."""


class KeptParts:
    """Those used last. A part's key holds everything that it was written from: whatever changes, it is another part."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._known: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, write: Callable[[], str], differing: str) -> Markup:
        """The part, written where it is not known. `differing`: a text in it that is put in anew each time."""
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        if found is None:
            found = str(write()).replace(differing, HERE)
            with self._lock:
                self._keep(key, found)
        return Markup(found.replace(HERE, differing))  # noqa: S704 - a template wrote it, which escapes

    def _keep(self, key: Hashable, part: str) -> None:
        self._bytes += len(part) - len(self._known.pop(key, ""))
        self._known[key] = part
        while self._bytes > self._most:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= len(oldest)
