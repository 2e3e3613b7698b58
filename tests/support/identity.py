"""A certified identity provider in a process of its own, and the way through its pages."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

FOLDER = Path(__file__).parents[1] / "identity"
CLIENT, CLIENT_SECRET = "tournee", "a client's secret: / + % and more than thirty"
RETURN = "/connexion/oidc/retour"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def run_provider(port: int, pages: str) -> Iterator[None]:
    """For pages at this address; skipped where it is not installed, but for CI."""
    node = shutil.which("node") or shutil.which("node", path=str(Path(".venv/bin").absolute()))
    if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the identity provider is not installed: sh infra/install/identity.sh")
        pytest.skip("needs the identity provider: sh infra/install/identity.sh")
    words = [node, "provider.mjs", str(port), CLIENT, CLIENT_SECRET, f"{pages}{RETURN}", f"{pages}/connexion"]
    with subprocess.Popen(words, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "listening\n"
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)


def go_through(browser: httpx.Client, start: str, subject: str, until: str) -> str:
    """From a link of ours through the provider's pages, as `subject`; the address on `until` that it sends back to."""
    address = start
    for _ in range(20):
        answer = browser.get(address)
        while not answer.is_redirect:
            action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert action, answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert prompt, answer.text
            form = {"prompt": prompt[1], "login": subject, "password": "any"}
            answer = browser.post(urljoin(str(answer.url), action[1]), data=form)
        address = urljoin(str(answer.url), answer.headers["location"])
        if address.startswith(until):
            return address
    raise AssertionError(f"never came back: {address}")
