"""Whether a service says truly that it lives, and that its servers answer."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from services.errors import StoreAway
from services.operations.meters import BridgeMeter
from services.operations.probe import Probe, ProbePortTaken
from services.operations.questions import Asked, ask_api_versions, kafka_question, store_question


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A probe of a bridge, not started."""
    made = Probe("bridge", "2", BridgeMeter())
    yield made
    made.stop()


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port that takes connections and never says a word, as a server does that is held or overwhelmed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_pages_are_answered_over_http(probe: Probe) -> None:
    """What Docker, Prometheus and the technician ask; nothing else is there."""
    probe.asks("kafka", lambda: None)
    url = f"http://127.0.0.1:{probe.start('127.0.0.1', 0)}"
    assert httpx.get(f"{url}/health").json() == {"service": "bridge", "member": "2", "status": "up"}
    ready = httpx.get(f"{url}/ready")
    assert (ready.status_code, ready.json()["servers"]) == (200, {"kafka": "ok"})
    metrics = httpx.get(f"{url}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    for line in (
        'tournee_service_info{member="2",service="bridge"',
        "process_resident_memory_bytes",
        "tournee_bridge_",
    ):
        assert line in metrics.text
    assert httpx.get(f"{url}/etc/passwd").status_code == 404
    assert httpx.post(f"{url}/health").status_code == 501


def test_stuck_loop_is_not_alive_until_it_turns_again() -> None:
    """A process that runs but does nothing must not pass for alive; one known to be busy for long must."""
    probe = Probe("bridge", stuck_after_s=0.2)
    assert probe.health().status == 200
    time.sleep(0.3)
    stuck = probe.health()
    assert stuck.status == 503
    assert "has not turned" in json.loads(stuck.body)["status"]
    assert b"tournee_service_alive 0.0" in probe.metrics().body
    probe.turned(next_within_s=5)
    time.sleep(0.3)
    assert probe.health().status == 200
    probe.turned()
    time.sleep(0.3)
    assert probe.health().status == 503


def test_not_ready_while_a_needed_server_is_away_and_says_why(probe: Probe) -> None:
    """The reason is told, without the password in it; a server that is not needed is told of, no more."""

    def away() -> str | None:
        raise StoreAway("cannot reach postgresql://u:geheim@store/x")

    probe.asks("store", away, needed=False)
    probe.state("mqtt", ok=True)
    assert probe.ready().status == 200
    probe.state("mqtt", ok=False, reason="not subscribed")
    answer = probe.ready()
    assert answer.status == 503
    assert json.loads(answer.body)["servers"] == {
        "mqtt": "not subscribed",
        "store": "cannot reach postgresql://u:***@store/x",
    }
    assert b'tournee_server_answers{server="mqtt"} 0.0' in probe.metrics().body


def test_port_that_is_taken_is_told_with_the_settings_name(probe: Probe, deaf: int) -> None:
    """Whoever starts two bridges on one machine must learn which setting to change."""
    with pytest.raises(ProbePortTaken, match=f"TOURNEE_PROBE_PORT.*{deaf}"):
        probe.start("127.0.0.1", deaf)


def test_answer_is_kept_for_a_moment_and_asked_once_however_many_ask() -> None:
    """A page that anybody may open must not let anybody make us ask our servers."""
    asked: list[int] = []

    def question() -> str | None:
        asked.append(1)
        time.sleep(0.1)
        return "away"

    once = Asked(question, patience_s=2, fresh_s=0.5)
    threads = [threading.Thread(target=once.reason) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (once.reason(), len(asked)) == ("away", 1)
    time.sleep(0.6)
    assert (once.reason(), len(asked)) == ("away", 2)


def test_nobody_waits_long_for_a_server_that_hangs() -> None:
    """A health check that hangs with its server tells nothing, and holds a thread for ever."""
    release = threading.Event()

    def hangs() -> str | None:
        release.wait()
        return None

    asked = Asked(hangs, patience_s=0.2, fresh_s=0)
    began_s = time.monotonic()
    assert "no answer" in str(asked.reason())
    assert "no answer" in str(asked.reason())
    assert time.monotonic() - began_s < 1
    release.set()
    time.sleep(0.1)
    assert asked.reason() is None


def test_question_that_fails_itself_is_a_reason_too() -> None:
    """A fault of ours in a check must show as not ready, not as ready."""

    def broken() -> str | None:
        raise TimeoutError("as a socket says it")

    assert Asked(broken).reason() == "as a socket says it"


def test_kafka_that_takes_connections_but_does_not_answer_is_away(deaf: int) -> None:
    """An open port proves little: a held broker has one too."""
    with pytest.raises(TimeoutError):
        ask_api_versions("127.0.0.1", deaf, timeout_s=0.2)


def test_something_else_on_kafkas_port_is_not_kafka() -> None:
    """A web server put on that port by mistake must not pass for a broker."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        reason = kafka_question(f"127.0.0.1:{server.getsockname()[1]}")()
        thread.join()
    assert "no Kafka broker" in str(reason)


def test_one_of_several_brokers_is_enough_and_all_away_are_all_told() -> None:
    """A cluster lives while one of the bootstrap servers answers; the technician sees each that does not."""
    reason = str(kafka_question("127.0.0.1:1, 127.0.0.1:2")())
    assert "127.0.0.1:1: " in reason
    assert "127.0.0.1:2: " in reason


def test_store_that_is_away_is_told() -> None:
    """Its reason is the driver's, in one question of bounded time."""
    reason = store_question("postgresql://u:p@127.0.0.1:1/x", name="test")()
    assert "refused" in str(reason)
