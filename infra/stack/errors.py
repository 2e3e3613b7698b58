"""What can go wrong with the stack."""


class StackError(Exception):
    """A server of the stack cannot be had."""


class ServerMissing(StackError):
    """Its binary or package is not installed; the message says how to get it."""


class ServerDidNotStart(StackError):
    """It was started and did not answer in time; the message ends with the tail of its log."""
