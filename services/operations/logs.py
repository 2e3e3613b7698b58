"""Logs on stderr, as text or as JSON lines, with one id that follows a message and without any secret."""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal
from urllib.parse import unquote

Format = Literal["text", "json"]

current_trace: ContextVar[str | None] = ContextVar("current_trace", default=None)
"""The id of what this task or thread is about: its lines carry it without saying so. `extra={"trace": ...}` wins."""

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "trace", "color_message"}
SHORTEST_SECRET = 6
"""A shorter one would blot out ordinary words."""

# In any address with a password, up to the last @ of the word: a careless password may hold one itself.
URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s\"']+@")
# In libpq's other form, `host=... password=...`.
KEY_PASSWORD = re.compile(r"(?i)(password\s*=\s*)('[^']*'|\"[^\"]*\"|[^\s,;&\"']+)")
HIDDEN = "***"


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with passwords in addresses, and each of `secrets`, hidden."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = URL_PASSWORD.sub(rf"\g<1>{HIDDEN}@", text)
    return KEY_PASSWORD.sub(rf"\g<1>{HIDDEN}", text)


def spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it may turn up in a message, longest first; the password of an address counts by itself."""
    found: set[str] = set()
    for secret in secrets:
        password = re.search(r"://[^\s:/@]*:(.+)@", secret)
        for text in (secret, password[1] if password else ""):
            found |= {text, unquote(text)}
    return tuple(sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True))


class TextFormatter(logging.Formatter):
    """One line an event; the id it is about stands at its end."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(TEXT, "%Y-%m-%dT%H:%M:%S%z")
        self._secrets = spellings(secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        trace = trace_of(record)
        return super().formatMessage(record) + (f" [{trace}]" if trace else "")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record), self._secrets)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ts, level, logger, service, member, msg, trace, exc, and whatever `extra` holds."""

    def __init__(self, service: str, member: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._who = {"service": service, "member": member}
        self._secrets = spellings(secrets)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            **self._who,
            "msg": without_secrets(record.getMessage(), self._secrets),
            "trace": trace_of(record),
        }
        if record.exc_info:
            line["exc"] = without_secrets(self.formatException(record.exc_info), self._secrets)
        extra = {name: value for name, value in vars(record).items() if name not in STANDARD}
        line |= {name: self._plain(value) for name, value in extra.items() if name not in line}
        return json.dumps(line, ensure_ascii=False)

    def _plain(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        return without_secrets(str(value), self._secrets)


@contextmanager
def about(trace: str) -> Iterator[None]:
    """All lines logged within are about this id; those after it are about what they were about before."""
    token = current_trace.set(trace)
    try:
        yield
    finally:
        current_trace.reset(token)


def trace_of(record: logging.LogRecord) -> str | None:
    """The id that a line is about, or None."""
    said: object = getattr(record, "trace", None)
    return current_trace.get() if said is None else str(said)


def start_logging(
    level: str, log_format: Format = "text", *, service: str = "", member: str = "", secrets: Iterable[str] = ()
) -> None:
    """Log on stderr from now on, errors that nobody caught too, and nothing that looks like a password."""
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter(secrets) if log_format == "text" else JsonFormatter(service, member, secrets))
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("kafka").setLevel(logging.WARNING)
    # Several lines at each try to reach a broker that is down; the adapter says it once a wait.
    for chatty in ("kafka.net", "kafka.cluster", "kafka.coordinator"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    # Says each time that a large batch took a tenth of a second.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    # Each of the pages' own lines says more.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("services").critical("ended by an error: %s", error, exc_info=(kind, error, trace))


def _log_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None:
        return
    name = args.thread.name if args.thread else "?"
    told = (args.exc_type, args.exc_value, args.exc_traceback)
    logging.getLogger("services").critical("thread %s ended by an error: %s", name, args.exc_value, exc_info=told)
