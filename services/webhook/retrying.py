"""When a message is tried again, and when it is given up. The waits are those that "Standard Webhooks" advises."""

from datetime import timedelta

from services.webhook.sending import Answer

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
MOST_TRIES = len(WAITS) + 1
"""Ten, over some 76 hours: a receiver that breaks on a Friday evening is mended on Monday."""
LONGEST_WAIT = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(days=4)
"""Also where it was tried less often: while an address does not answer, one message at a time is tried there."""
KEPT_FOR = timedelta(days=30)
"""Settled messages. Longer than Kafka keeps events, so that one read anew is known to be told already."""

FIRST_REST_S, LONGEST_REST_S = 5.0, 300.0


def wait_after(tries: int, answer: Answer) -> timedelta | None:
    """Until the next try, after so many that failed; None: it is given up."""
    if tries >= MOST_TRIES:
        return None
    asked = timedelta(seconds=answer.retry_after_s or 0)
    return max(WAITS[tries - 1], min(asked, LONGEST_WAIT))


def rest_s(failures: int) -> float:
    """For how long an address that failed so often in a row is left alone."""
    return min(FIRST_REST_S * (1 << min(failures - 1, 10)), LONGEST_REST_S)
