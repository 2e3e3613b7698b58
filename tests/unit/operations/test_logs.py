"""What the logs say, and what they must never say."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest

from services.operations.logs import JsonFormatter, TextFormatter, about, without_secrets
from services.settings import Settings

PASSWORD = "gehe!m-p@ss"
URL = f"postgresql://tournee:{PASSWORD}@store:5432/tournee"


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "services.x", "levelno": logging.INFO, "levelname": "INFO"} | extra)
    made.msg, made.args = message, args
    return made


def test_json_line_holds_who_what_and_the_id_that_follows_the_message() -> None:
    """A technician finds all lines of one reading, over all services, by one id."""
    formatter = JsonFormatter("bridge", "2")
    line = json.loads(formatter.format(record("took %s", "readings", trace="porto/C1@x", took_s=0.5)))
    assert line.pop("ts").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "services.x", "service": "bridge", "member": "2",
        "msg": "took readings", "trace": "porto/C1@x", "took_s": 0.5,
    }  # fmt: skip


def test_extra_cannot_overwrite_what_a_line_is() -> None:
    """A field named like one of ours must not forge it."""
    line = json.loads(JsonFormatter("bridge", "1").format(record("m", service="somebody else", ts=0)))
    assert (line["service"], line["msg"]) == ("bridge", "m")
    assert line["ts"] != 0


def test_text_line_ends_with_the_id_and_is_as_before_without_one() -> None:
    """Scripts that wait for a substring in the text logs go on working."""
    assert TextFormatter().format(record("subscribed to x")).endswith("INFO services.x: subscribed to x")
    assert TextFormatter().format(record("took", trace="porto/C1@x")).endswith("took [porto/C1@x]")


def test_lines_of_a_task_carry_its_id_without_saying_so() -> None:
    """What a request logs deep down belongs to the request."""
    with about("request-17"):
        assert TextFormatter().format(record("m")).endswith("m [request-17]")
        assert json.loads(JsonFormatter("web", "1").format(record("m", trace="own")))["trace"] == "own"
    assert TextFormatter().format(record("m")).endswith(": m")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"cannot reach {URL}!", "cannot reach postgresql://tournee:***@store:5432/tournee!"),
        ('bad URI "postgresql://u:a/b@c@h/d"', 'bad URI "postgresql://u:***@h/d"'),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("host=h PASSWORD = secret", "host=h PASSWORD = ***"),
        ("mqtt://127.0.0.1:1883 and a@b.c", "mqtt://127.0.0.1:1883 and a@b.c"),
        ("password authentication failed for user x", "password authentication failed for user x"),
    ],
)
def test_passwords_in_addresses_are_hidden_and_nothing_else(text: str, hidden: str) -> None:
    """An address is told whole, but for its password: the reader must still see which server it was."""
    assert without_secrets(text) == hidden


@pytest.mark.parametrize("make", [TextFormatter, lambda secrets: JsonFormatter("web", "1", secrets)])
def test_secrets_are_hidden_in_messages_extras_and_tracebacks(make: Callable[..., logging.Formatter]) -> None:
    """The settings' secrets, wherever they turn up: also the database's password by itself."""
    formatter = make([URL, "a session secret of 32 characters"])
    try:
        int(f"{PASSWORD} is wrong for {URL}")
    except ValueError:
        line = formatter.format(
            record("%s", "a session secret of 32 characters", exc_info=sys.exc_info(), where=URL, path=PASSWORD)
        )
    assert PASSWORD not in line
    assert "a session secret" not in line
    assert "ValueError" in line


UNCAUGHT = """
import psycopg, threading
from services.operations.service import start_logging
start_logging("INFO", "json", service="x", secrets=["thread-secret"])
def fail(): raise RuntimeError("thread-secret")
thread = threading.Thread(target=fail); thread.start(); thread.join()
psycopg.connect("postgresql://u:geheim99@[::1]x/d")
"""


def test_errors_that_nobody_caught_are_logged_without_secrets() -> None:
    """Libpq repeats a wrong address, password and all; Python would print it as it is."""
    ended = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["CRITICAL", "CRITICAL"]
    assert "thread-secret" not in ended.stderr
    assert "geheim99" not in ended.stderr
    assert "***" in lines[1]["msg"]


def test_settings_that_are_missing_are_told_without_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pydantic shows every value that was given beside the one that is missing."""
    monkeypatch.delenv("TOURNEE_DATABASE_URL", raising=False)
    monkeypatch.setenv("TOURNEE_MQTT_PASSWORD", "geheim99")
    with pytest.raises(ValueError, match="database_url") as caught:
        Settings()  # type: ignore[call-arg]
    assert "geheim99" not in str(caught.value)


def test_settings_name_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret added to the settings is hidden in the logs without anybody thinking of it."""
    for name in ("DATABASE_URL", "MQTT_PASSWORD", "SESSION_SECRET"):
        monkeypatch.setenv(f"TOURNEE_{name}", f"secret {name}")
    assert set(Settings().secrets()) == {"secret DATABASE_URL", "secret MQTT_PASSWORD", "secret SESSION_SECRET"}  # type: ignore[call-arg]
