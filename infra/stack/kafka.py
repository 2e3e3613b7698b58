"""Apache Kafka in KRaft mode: one node on loopback, its jars by Maven, run by `java -cp`."""

import hashlib
import re
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from string import Template

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.accounts.stream import SETUP
from infra.stack.cache import cached, tell
from infra.stack.errors import ServerDidNotStart, ServerMissing
from infra.stack.ports import LOOPBACK, answers, free_port
from infra.stack.server import Server
from services.settings import KafkaServers
from services.stream.kafka_clients import open_client, reaching

JAVA_AT_LEAST = 17
"""Apache Kafka 4's broker runs on Java 17 and later."""
FORMAT_PATIENCE_S = 120
HEAP_MB = 512
"""The log itself lies in the kernel's page cache; the heap holds requests: a few of the largest, 8 MiB, at once."""

_RECIPE = files("infra").joinpath("kafka")


@dataclass(frozen=True)
class KafkaAccounts:
    """Each service has an account and comes with it; nobody else does."""

    setup_password: str = field(repr=False)
    """Of the account `setup`, by which the others are made (`infra.accounts.stream`)."""
    keystore: Path
    """Its key and certificate, PEM, for whoever comes by TLS."""
    tls_port: int = field(default_factory=free_port)


def apache_kafka(folder: Path, accounts: KafkaAccounts | None = None) -> tuple[Server, KafkaServers]:
    """The broker, not started, its storage formatted in `folder/kafka`; and its address.

    Without accounts everybody may do everything; with them the address is that of `setup`.

    Raises:
        ServerMissing: no Java 17, no Maven, or the jars cannot be had.
        ServerDidNotStart: the storage could not be formatted.
    """
    java = _java()
    jars = kafka_jars()
    port = free_port()
    home = folder / "kafka"
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    properties = _write_properties(home, port, accounts)
    address = KafkaServers(f"{LOOPBACK}:{port}")
    if accounts is not None:
        address = replace(address, username=SETUP, password=accounts.setup_password, mechanism="PLAIN")
    if not (home / "data" / "meta.properties").exists():
        _format(java, jars, properties)
    server = Server(
        "Kafka",
        [*_jvm(java, jars, home), "kafka.Kafka", str(properties)],
        folder / "log" / "kafka.log",
        ready=lambda: answers(port) and has_broker(address),
        patience_s=60,
    )
    return server, address


def kafka_jars() -> Path:
    """The folder of the broker's jars in the cache, fetched by Maven where they are missing.

    Raises:
        ServerMissing: Maven is not here, or failed; the message ends with what it said.
    """
    pom = _RECIPE.joinpath("pom.xml").read_bytes()
    return cached(f"kafka-{hashlib.sha256(pom).hexdigest()[:16]}", lambda place: _fetch_jars(pom, place))


def has_broker(address: KafkaServers) -> bool:
    """Whether a broker there answers a metadata request and counts itself in."""
    try:
        client = open_client(KafkaAdminClient, **reaching(address), request_timeout_ms=3000)
    except KafkaError:
        return False
    try:
        return bool(client.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        client.close()


def _fetch_jars(pom: bytes, place: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerMissing("Maven, which fetches Apache Kafka, is not installed: apt install maven")
    tell("Fetching Apache Kafka by Maven (about 45 MB, once) ...")
    (place / "pom.xml").write_bytes(pom)
    run = subprocess.run(
        [
            *(maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(place / "pom.xml")),
            *("dependency:copy-dependencies", f"-DoutputDirectory={place}", "-DincludeScope=runtime"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise ServerMissing(f"Maven could not fetch Apache Kafka: {(run.stdout + run.stderr).strip()[-1500:]}")


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise ServerMissing(
            f"Kafka needs Java {JAVA_AT_LEAST}, which is not installed: apt install default-jre-headless"
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        raise ServerMissing(f"Kafka needs Java {JAVA_AT_LEAST} or later; {java} says: {told.splitlines()[:1]}")
    return java


def _jvm(java: str, jars: Path, home: Path) -> list[str]:
    # Serial: two cores shared with everything else have none to spare for a collector running beside the work.
    options = (f"-Xmx{HEAP_MB}m", "-Xms128m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData")
    logs = f"-Dlog4j2.configurationFile={_RECIPE.joinpath('log4j2.properties')}"
    return [java, *options, logs, f"-Djava.io.tmpdir={home / 'tmp'}", "-cp", f"{jars}/*"]


def _write_properties(home: Path, port: int, accounts: KafkaAccounts | None) -> Path:
    text = _RECIPE.joinpath("server.properties").read_text(encoding="utf-8")
    values = {"host": LOOPBACK, "port": port, "controller_port": free_port(), "data": home / "data"}
    if accounts is not None:
        text += _RECIPE.joinpath("accounts.properties").read_text(encoding="utf-8")
        values |= {
            "setup_password": accounts.setup_password,
            "keystore": accounts.keystore,
            "tls_port": accounts.tls_port,
        }
    path = home / "server.properties"
    path.touch(mode=0o600)
    path.write_text(Template(text).substitute(values))
    return path


def _format(java: str, jars: Path, properties: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    run = subprocess.run(
        [
            *(*_jvm(java, jars, properties.parent), "kafka.tools.StorageTool"),
            # One word: an id may begin with a dash.
            *("format", f"--cluster-id={cluster}", "--config", str(properties)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=FORMAT_PATIENCE_S,
    )
    if run.returncode != 0:
        raise ServerDidNotStart(f"Kafka's storage could not be formatted: {(run.stdout + run.stderr).strip()[-1500:]}")
