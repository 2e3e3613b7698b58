"""What goes over the wire: signed as the standard says, to nobody but whom it is for."""

import base64
import json
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.webhook import sending
from services.webhook.address import read_networks
from services.webhook.retrying import LONGEST_WAIT, MOST_TRIES, WAITS, rest_s, wait_after
from services.webhook.sending import Answer, Endpoint, Poster, body_of
from services.webhook.signing import new_secret, secret_text, signed_headers
from tests.support.receiver import receiving

HERE = read_networks("127.0.0.1/32")
AT = datetime(2026, 11, 22, 7, 41, tzinfo=UTC)
BODY = body_of("stop.confirmed", AT, {"container": "COT-0412", "name": "Marché Dantokpa"})
SECRET = new_secret()


def test_signature_is_that_of_the_standards_own_example() -> None:
    """The published example of the specification: secret, id, instant, body and what comes of them."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_standards_own_library_verifies_what_is_posted() -> None:
    """`standardwebhooks`, which nobody here wrote, with the secret as it was shown."""
    with receiving() as receiver:
        answer = Poster(HERE).post(Endpoint("wh-1", receiver.url + "?key=x", SECRET), "msg_1", BODY)
    assert (answer.outcome, answer.said) == ("delivered", "204")
    (received,) = receiver.received
    assert received.path == "/hook?key=x"
    assert received.headers["webhook-id"] == "msg_1"
    assert received.headers["content-type"] == "application/json"
    reader = Webhook(secret_text(SECRET))
    assert reader.verify(received.body, received.headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        reader.verify(received.body.replace(b"0412", b"0413"), received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(new_secret())).verify(received.body, received.headers)


@pytest.fixture(scope="module")
def verified() -> Callable[[str, dict[str, str], bytes], Any]:
    """The receiver's example of docs/webhooks.md, as it stands there."""
    text = (Path(__file__).parents[3] / "docs/webhooks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own document
    return cast("Callable[[str, dict[str, str], bytes], Any]", names["verified"])


def test_example_of_the_document_takes_ours_and_refuses_others(
    verified: Callable[[str, dict[str, str], bytes], Any],
) -> None:
    """Whoever copies it has a receiver that is safe."""
    now_s = int(time.time())
    headers = dict(signed_headers(SECRET, "msg_1", now_s, BODY))
    assert verified(secret_text(SECRET), headers, BODY) == json.loads(BODY)
    with pytest.raises(ValueError, match="not signed"):
        verified(secret_text(SECRET), headers, BODY + b" ")
    with pytest.raises(ValueError, match="not signed"):
        verified(secret_text(SECRET), headers | {"webhook-id": "msg_2"}, BODY)
    old = dict(signed_headers(SECRET, "msg_1", now_s - 600, BODY))
    with pytest.raises(ValueError, match="older than five minutes"):
        verified(secret_text(SECRET), old, BODY)


def test_body_is_the_same_at_every_try() -> None:
    assert body_of("stop.confirmed", AT, {"container": "COT-0412", "name": "Marché Dantokpa"}) == BODY
    assert json.loads(BODY)["timestamp"] == "2026-11-22T07:41:00Z"
    assert "Marché" in BODY.decode()


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait_s"),
    [
        (200, {}, "delivered", None),
        (400, {}, "refused", None),
        (500, {"retry-after": "60"}, "refused", None),
        (429, {"retry-after": "60"}, "refused", 60),
        (503, {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, "refused", None),
        (410, {}, "gone", None),
    ],
)
def test_answer_is_understood(status: int, headers: dict[str, str], outcome: str, wait_s: float | None) -> None:
    with receiving() as receiver:
        receiver.answers = [(status, headers)]
        answer = Poster(HERE).post(Endpoint("wh-1", receiver.url, SECRET), "msg_1", BODY)
    assert (answer.outcome, answer.retry_after_s) == (outcome, wait_s)


def test_redirection_is_not_followed() -> None:
    """It could lead into our own network."""
    with receiving() as elsewhere, receiving() as receiver:
        receiver.answers = [(307, {"location": elsewhere.url})]
        answer = Poster(HERE).post(Endpoint("wh-1", receiver.url, SECRET), "msg_1", BODY)
    assert (answer.outcome, answer.said) == ("refused", "307: redirections are not followed")
    assert elsewhere.received == []


def test_own_network_is_not_reached_without_leave() -> None:
    """Also where the address was added when it led elsewhere: it is looked at for every try."""
    with receiving() as receiver:
        answer = Poster().post(Endpoint("wh-1", receiver.url, SECRET), "msg_1", BODY)
    assert answer.outcome == "forbidden"
    assert receiver.received == []


def test_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would open connections that were never looked at."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with receiving() as receiver:
        answer = Poster(HERE).post(Endpoint("wh-1", receiver.url, SECRET), "msg_1", BODY)
    assert answer.outcome == "delivered"


def test_silent_receiver_costs_no_more_than_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and drips an answer byte by byte, too: the limit is of the whole try."""
    monkeypatch.setattr(sending, "PATIENCE_S", 0.5)
    with receiving() as receiver:
        receiver.lock.acquire()  # it never comes to answer
        began_s = time.monotonic()
        answer = Poster(HERE).post(Endpoint("wh-1", receiver.url, SECRET), "msg_1", BODY)
        took_s = time.monotonic() - began_s
        receiver.lock.release()
    assert answer.outcome == "unreachable"
    assert took_s < 5


def test_nobody_there_is_told_as_unreachable() -> None:
    with receiving() as receiver:
        url = receiver.url
    answer = Poster(HERE).post(Endpoint("wh-1", url, SECRET), "msg_1", BODY)
    assert answer.outcome == "unreachable"


def test_log_names_the_host_alone() -> None:
    """Paths and queries of an address may be a key of the receiver's."""
    assert Endpoint("wh-1", "https://example.org:8443/T0/B0/XYZ?token=1", SECRET).shown == "example.org:8443"
    assert Endpoint("wh-1", "https://example.org?token=1", SECRET).shown == "example.org"


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `localhost`, its own authority, and a server's side with it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, which is not here")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def test_certificate_has_to_be_the_names(certified: tuple[Path, ssl.SSLContext]) -> None:
    """The connection goes to the address that was looked at; who answers there has to prove that it is the name."""
    certificate, context = certified
    networks = read_networks("127.0.0.1/32, ::1/128")
    with receiving(context, host="localhost") as receiver:
        endpoint = Endpoint("wh-1", receiver.url, SECRET)
        known = Poster(networks, certificate).post(endpoint, "msg_1", BODY)
        unknown = Poster(networks).post(endpoint, "msg_1", BODY)
        other_name = Endpoint("wh-1", receiver.url.replace("localhost", "127.0.0.1"), SECRET)
        misnamed = Poster(networks, certificate).post(other_name, "msg_1", BODY)
    assert (known.outcome, unknown.outcome, misnamed.outcome) == ("delivered", "unreachable", "unreachable")
    assert "CERTIFICATE_VERIFY_FAILED" in unknown.said
    assert receiver.received[0].headers["host"] == receiver.url.split("/")[2]


def test_tries_are_spread_over_three_days() -> None:
    """5 s, then minutes, then hours: 5 + 300 + 1800 s and 2, 5, 10, 14, 20, 24 h are 75.6 h."""
    assert sum(WAITS, timedelta()) == timedelta(hours=75, seconds=2105)
    refused = Answer("refused", "500")
    assert [wait_after(tries, refused) for tries in (1, 2, MOST_TRIES - 1)] == [WAITS[0], WAITS[1], WAITS[-1]]
    assert wait_after(MOST_TRIES, refused) is None


def test_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert wait_after(1, Answer("refused", "429", retry_after_s=120)) == timedelta(minutes=2)
    assert wait_after(3, Answer("refused", "429", retry_after_s=120)) == WAITS[2]
    assert wait_after(1, Answer("refused", "429", retry_after_s=10**9)) == LONGEST_WAIT


def test_address_that_fails_rests_longer_each_time() -> None:
    assert [rest_s(failures) for failures in (1, 2, 3, 7, 100)] == [5, 10, 20, 300, 300]
