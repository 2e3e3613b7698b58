"""Requests that nobody's browser sends: each is refused in words, none is a fault of ours, none stops the next."""

import gzip
import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from infra.backup import archive
from infra.backup.archive import ArchiveReader
from infra.backup.errors import BackupDamaged
from tests.support.web_seed import CITY, DRIVER, OPERATOR, PLAN
from tests.support.web_server import LogIn, Running

HOSTILE_TEXTS = ["\0", "a\0b", "\ud800", "٠", "../..", "%00", "' OR 1=1 --", "x" * 5000, "\u202e", "{{7*7}}"]


@pytest.mark.parametrize(
    "path",
    [
        "/connexion?suite=//[",
        "/connexion?suite=http://[",
        "/langue/fr?retour=//[",
        "/?mois=9999-99",
        "/?mois=0001-01",
        "/?mois=%00",
        "/?city=%ED%A0%80",
        "/?city=%00",
        "/telephone/%00",
        "/telephone/" + "x" * 5000,
        "/api/v1/public/savings.json?first=0001-01-01&last=9999-12-31",
        "/api/v1/public/savings.json?first=NaN",
        "/calendrier?city=%00",
        "/calendrier?city=%ED%A0%80",
        "/api/v1/calendars/port-azur/%00/residual.ics",
        "/api/v1/calendars/port-azur/akpakpa/..%2f..%2fetc%2fpasswd.ics",
        "/api/v1/calendars/port-azur/akpakpa/residual.ics?langue=%00",
        "/ngsi-ld/v1/entities/%00",
        "/static/x/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_odd_address_is_answered_in_words(web: Running, path: str) -> None:
    """No session, no 500; and nothing of what was sent leads anywhere else."""
    answer = httpx.get(web.url + path)
    assert answer.status_code < 500, answer.text
    assert "root:" not in answer.text
    assert not answer.headers.get("location", "/").startswith(("http", "//"))


@pytest.mark.parametrize("origin", ["http://[", "http://]", "null", "", "//", "http://evil.example", "\xff"])
def test_odd_origin_is_a_foreign_one(web: Running, origin: str) -> None:
    """`urlsplit` breaks at some of them."""
    headers = [(b"origin", origin.encode("latin-1"))]
    answer = httpx.post(f"{web.url}/api/v1/session", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=ascii)
@pytest.mark.parametrize("field", ["city", "login", "password"])
def test_odd_login_is_wrong_or_unreadable(web: Running, field: str, text: str) -> None:
    """A NUL in the login went to PostgreSQL, which refuses it: 500. By the API as by the form."""
    order = {"city": CITY, "login": "nobody", "password": "guess", field: text}
    answer = httpx.post(f"{web.url}/api/v1/session", content=_json(order), headers={"Content-Type": "application/json"})
    assert answer.status_code in {401, 422, 429}, answer.text
    with httpx.Client(base_url=web.url) as browser:
        token = browser.get("/connexion").text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = browser.post("/connexion", **_form(order | {"csrf_token": token}))
        assert answer.status_code in {401, 422, 429}, answer.text


def _form(values: dict[str, str]) -> dict[str, Any]:
    """Whatever bytes a text is of, also those of half a character."""
    content = urlencode({name: value.encode(errors="surrogatepass") for name, value in values.items()})
    return {"content": content, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[{}]",
        b'[{"id": NaN}]',
        b'[{"id": 1e999}]',
        b'[{"id": "\\ud800", "\\ud800": 1}]',
        b'[{"id": {"a": [NaN]}}]',
        b'[{"id": "\\u0000"}]',
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b"nonsense",
        b"",
        b"null",
        b"[1, null, [], {}]",
    ],
    ids=["empty", "nan", "infinite", "surrogates", "nested-nan", "nul", "deep", "deep-dicts", "bytes", "word", "none",
         "null", "mixed"],
)  # fmt: skip
def test_odd_outbox_is_refused_in_words(log_in: LogIn, body: bytes) -> None:
    """A phone that hears 500 sends the same for ever."""
    headers = {"Content-Type": "application/json"}
    answer = log_in(DRIVER).post("/api/v1/driver/confirmations", content=body, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text
    answer.json()


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "1999-12-31", "2200-01-01", "NaN", "2026-02-30", "\0", "1e9"]
)
def test_nonsense_days_are_refused(log_in: LogIn, day: str) -> None:
    """They were taken, and everything that added a day to them fell over."""
    office, phone = log_in(OPERATOR), log_in(DRIVER)
    for client, path in (
        (office, "/api/v1/state"),
        (office, "/operateur?flotte=main"),
        (phone, "/api/v1/driver/state"),
    ):
        name = "jour" if "operateur" in path else "day"
        assert client.get(path, params={name: day}).status_code in {400, 422}
    assert office.post("/api/v1/plan", content=_json({"day": day}), headers=_as_json(office)).status_code == 422


def _as_json(client: httpx.Client) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-CSRF-Token": client.headers["X-CSRF-Token"]}


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=ascii)
def test_odd_texts_behind_the_login_are_refused_or_found_nothing(log_in: LogIn, text: str) -> None:
    """Every text that an order or a form takes, with what no database holds."""
    office = log_in(OPERATOR)
    token = office.headers["X-CSRF-Token"]
    encoded = text.encode(errors="surrogatepass")
    headers = _as_json(office)
    answers = [
        office.post("/api/v1/plan", content=_json({"fleet": text, "broken_down": [text]}), headers=headers),
        office.post("/api/v1/phones/invitations", content=_json({"truck": text}), headers=headers),
        office.put("/api/v1/account/password", content=_json({"current": text, "new": text}), headers=headers),
        office.post("/operateur/rouvrir", **_form({"csrf_token": token, "login": text})),
        office.post("/telephones/inviter", **_form({"csrf_token": token, "truck": text})),
        office.post("/compte/fin", **_form({"csrf_token": token, "session_id": text})),
        office.post("/operateur/envoyer", **_form({"csrf_token": token, "plan_id": text})),
        office.get("/technicien", params={"cherche": encoded}),
    ]
    assert [a.status_code for a in answers if not 200 <= a.status_code < 500] == []


def _tar(path: Path, members: Callable[[tarfile.TarFile], None], level: int = 9) -> Path:
    with gzip.open(path, "wb", compresslevel=level) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        members(tar)
    return path


def _member(tar: tarfile.TarFile, name: str, size: int, content: io.BufferedIOBase | io.BytesIO) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    tar.addfile(member, content)


class _Zeros(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return bytes(max(size or 0, 0))


def _read(path: Path) -> None:
    with path.open("rb") as file, ArchiveReader(path, file) as backup:
        for _ in backup.parts():
            pass


def test_backup_that_unpacks_to_a_mountain_is_refused_at_once(tmp_path: Path) -> None:
    """A hundred megabytes of zeros pack to half a megabyte: neither memory nor disk nor an evening is spent on it."""
    bomb = _tar(tmp_path / "bomb", lambda tar: _member(tar, "begin.json", 100 * 1024**2, _Zeros()), level=1)
    assert bomb.stat().st_size < 4 * 1024**2
    began_s = time.monotonic()
    with pytest.raises(BackupDamaged, match="bytes, ours at most"):
        _read(bomb)
    assert time.monotonic() - began_s < 5


def test_backup_with_a_mountain_in_a_header_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive's own headers are read whole by the library, whatever their size: here a hill, and a low limit."""
    monkeypatch.setattr(archive, "MOST_PART_BYTES", 1024**2)
    monkeypatch.setattr(archive, "SLACK_BYTES", 1024**2)

    def members(tar: tarfile.TarFile) -> None:
        member = tarfile.TarInfo("begin.json")
        member.pax_headers = {"comment": "x" * 8 * 1024**2}
        tar.format = tarfile.PAX_FORMAT
        tar.addfile(member, io.BytesIO())

    with pytest.raises(BackupDamaged, match=r"times its size|a part of more than"):
        _read(_tar(tmp_path / "header", members, level=1))


def test_backup_with_a_deep_description_is_refused(tmp_path: Path) -> None:
    """A hundred thousand brackets were a RecursionError with a traceback."""
    deep = b"[" * 100_000
    path = _tar(tmp_path / "deep", lambda tar: _member(tar, "begin.json", len(deep), io.BytesIO(deep)))
    with pytest.raises(BackupDamaged, match=r"begin\.json is not readable"):
        _read(path)


def test_plan_of_another_citys_name_is_not_found(log_in: LogIn) -> None:
    """Ids of others open nothing; that they exist is not said either."""
    office = log_in(OPERATOR)
    known, unknown = str(PLAN), "00000000-0000-4000-8000-000000000000"
    assert office.get(f"/api/v1/plans/{known}").status_code == 200
    assert office.get(f"/api/v1/plans/{unknown}").status_code == 404
