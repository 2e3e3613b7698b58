"""What was made last, kept: whoever looks at many days asks for the same things again and again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Kept[Key: Hashable, Value]:
    """The last so many values that were asked for, by their keys."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """That of a key, made where it is not kept."""
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return self._values[key]
