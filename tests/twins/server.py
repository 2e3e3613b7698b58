"""What can happen to a server, for a twin: the words of `infra.stack.server.Server`."""

import threading


class MemoryServer:
    """There, held (answers nothing, forgets nothing) or gone. What it had confirmed it still has afterwards."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        """Guards all of the server's state, and tells whoever waits that it is another."""
        self._is_held = False
        self._is_gone = False

    @property
    def is_there(self) -> bool:
        return not (self._is_held or self._is_gone)

    @property
    def is_gone(self) -> bool:
        return self._is_gone

    def pause(self) -> None:
        """Answer nothing until `resume`."""
        with self.changed:
            self._is_held = True
            self.changed.notify_all()

    def resume(self) -> None:
        with self.changed:
            self._is_held = False
            if self.is_there:
                self._take_up()
            self.changed.notify_all()

    def kill(self) -> None:
        """Be gone until `start`: connections break, what is unconfirmed fails."""
        with self.changed:
            self._is_held, self._is_gone = False, True
            self._let_go()
            self.changed.notify_all()

    def start(self) -> None:
        with self.changed:
            self._is_gone = False
            self.changed.notify_all()

    def _let_go(self) -> None:
        """What breaks with the server; called with the lock."""

    def _take_up(self) -> None:
        """What was held and goes on; called with the lock."""
