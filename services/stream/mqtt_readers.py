"""Who reads what devices send, as Mosquitto's journal tells it under `$SYS/broker/tournee/`.

Only bridges may. The journal refuses everybody else's subscriptions; it also sees at each message who is about to be
given it, so that a session which got its subscription in another way (a database that another Mosquitto saved) is
known by name: a stranger. See docs/mosquitto.md.
"""

from urllib.parse import unquote

TOLD = "$SYS/broker/tournee/"
MQTT_READERS = f"{TOLD}#"
ANYBODY = "anybody"
"""What the journal tells in place of a login where it refuses nobody."""


class Readers:
    """The latest of what was told; `take` may run on another thread than the questions."""

    def __init__(self) -> None:
        self.login = ""
        """Of those that may subscribe, or `ANYBODY`."""
        self.refused = 0
        """Subscriptions and bridges' client ids that were refused to others since the broker started."""
        self.last_refused: tuple[str, str] | None = None
        """Client id, and the filter or client id it wanted."""
        self.strangers: tuple[str, ...] = ()
        """Client ids of those that read though they are no bridges."""
        self.strangers_count = 0
        """Of these, also such as have a client id too long to be told."""
        self.passwords_read = 0
        """How often the broker has read its passwords again because we asked for it."""
        self._silent = {"reader", "refused", "strangers", "passwords-read"}

    @property
    def is_told(self) -> bool:
        """Whether all of this is what the broker says, and not what we begin with."""
        return not self._silent

    @property
    def is_guarded(self) -> bool:
        """Whether the broker says that it lets only bridges subscribe."""
        return self.is_told and self.login != ANYBODY

    def take(self, topic: str, payload: bytes | bytearray) -> None:
        """One message of those told. What is not understood is left: a newer broker may tell more."""
        if not topic.startswith(TOLD):
            return
        name = topic.removeprefix(TOLD)
        first, *names = payload.decode(errors="replace").split(" ")
        if name == "reader":
            self.login = first
        elif not (first.isascii() and first.isdigit()):
            return
        elif name == "refused":
            self.refused = int(first)
            # More words than two: a name was too long to be told.
            self.last_refused = (unquote(names[0]), unquote(names[1])) if len(names) == 2 else None
        elif name == "strangers":
            self.strangers_count = int(first)
            self.strangers = tuple(map(unquote, names))
        elif name == "passwords-read":
            self.passwords_read = int(first)
        self._silent.discard(name)
