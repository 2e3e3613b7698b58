"""A stand-in for a telephone with SMS Gateway for Android: its interface for sending, and how it signs what it brings.

After its manual (android-sms-gateway/docs-web, features/sending-messages and features/webhooks, read on 2026-11-29).
"""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import httpx

from tests.support.http_server import serving

KNOWN = {
    "id", "deviceId", "textMessage", "dataMessage", "message", "phoneNumbers", "simNumber", "ttl", "validUntil",
    "withDeliveryReport", "priority", "isEncrypted",
}  # fmt: skip
E164 = re.compile(r"\+[1-9][0-9]{5,14}")


@dataclass
class Telephone:
    url: str
    login: str = "sms:1-2-3-4"
    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id, number and words of what went out by the air."""
    answers: list[int] = field(default_factory=list)
    """What it answers next, in place of doing anything."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, object]:
        with self.lock:
            if self.answers:
                return self.answers.pop(0), {}
            if authorization != "Basic " + base64.b64encode(self.login.encode()).decode():
                return 401, {"message": "Unauthorized"}
            told = json.loads(body)
            fault = fault_of(told) if path == "/messages" else "no such address"
            if fault is not None:
                return (400 if path == "/messages" else 404), {"message": fault}
            if told["id"] in self.sent:
                return 409, {"message": "a message with this id exists"}
            self.sent[told["id"]] = (told["phoneNumbers"][0], told["textMessage"]["text"])
            return 202, {"id": told["id"], "state": "Pending", "recipients": []}


def fault_of(told: dict[str, object]) -> str | None:
    """What its interface would not take."""
    if extra := told.keys() - KNOWN:
        return f"unknown {extra}"
    words, numbers = told.get("textMessage"), told.get("phoneNumbers")
    if not isinstance(words, dict) or not isinstance(words.get("text"), str) or "message" in told:
        return "one of textMessage, dataMessage and message"
    if not isinstance(numbers, list) or not numbers or not all(E164.fullmatch(str(each)) for each in numbers):
        return "phoneNumbers in E.164"
    if not isinstance(told.get("id"), str) or not isinstance(told.get("ttl"), int):
        return "id and ttl"
    return None


def bring(url: str, signing_key: str, body: bytes, *, age_s: int = 0) -> httpx.Response:
    """As the app posts a webhook."""
    sent = str(int(time.time()) - age_s)
    signature = hmac.new(signing_key.encode(), body + sent.encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Timestamp": sent, "X-Signature": signature}
    return httpx.post(url, content=body, headers=headers, timeout=30)


def text_received(number: str, words: str, event: str) -> bytes:
    """Its `sms:received`."""
    return json.dumps(
        {
            "deviceId": "ffffffffceb0b1db0000018e937c815b", "event": "sms:received", "id": event,
            "payload": {
                "messageId": "abc123", "message": words, "phoneNumber": number, "simNumber": 1,
                "receivedAt": "2026-11-22T15:46:11.000+01:00",
            },
            "webhookId": "tournee",
        }
    ).encode()  # fmt: skip


@contextmanager
def telephone() -> Iterator[Telephone]:
    """Until the end of the block."""
    running = Telephone("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            code, told = running.answer(self.path, self.headers.get("authorization", ""), body)
            said = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        running.url = url
        yield running
