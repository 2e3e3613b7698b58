"""docker-compose.yml cannot drift from our settings, commands and servers; no engine is needed to see it."""

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from infra.mosquitto.build import FLAGS
from tests.unit.compose.composition import CHECKS, ROOT, Composition, all_faults

INFRA = ROOT / "infra"
CHECK = INFRA / "compose" / "check"


@pytest.fixture(scope="module")
def composition() -> Composition:
    return Composition.read()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_composition_is_in_order(composition: Composition, check: object) -> None:
    """Each name, port, command, mount and right is what the other side expects."""
    assert list(check(composition)) == []  # type: ignore[operator]


BREAKS = [
    ("compose", "TOURNEE_KAFKA: kafka:9092", "TOURNEE_KAFKA: kafka:9094", "says port 9094"),
    ("compose", "TOURNEE_KAFKA: kafka:9092", "TOURNEE_KAFKA: broker:9092", "names broker"),
    ("compose", '      TOURNEE_MEMBER: "2"\n', '      TOURNEE_MEMBRE: "2"\n', "TOURNEE_MEMBRE is neither"),
    ("compose", '      TOURNEE_MEMBER: "2"\n', '      TOURNEE_MEMBER: "1"\n', "are both member 1"),
    ("compose", '  TOURNEE_MQTT_PORT: "1883"', '  TOURNEE_MQTT_PORT: "8883"', "listens on ['1883']"),
    ("compose", "${TOURNEE_SESSION_SECRET:?set it in .env}", "${TOURNEE_SESSION_SECRET:-secret}", "no default"),
    ("compose", "${TOURNEE_LOG_LEVEL:-INFO}", "${TOURNEE_LOGLEVEL:-INFO}", "is not in .env.example"),
    ("compose", "command: [ledger]", "command: [legder]", "is no service of ours"),
    ("compose", "tournee db topics", "tournee db topcis", "no command"),
    ("compose", "image: apache/kafka:4.4.0", "image: apache/kafka:latest", "not pinned"),
    ("compose", "image: caddy:2.11.7", "image: caddy", "not pinned"),
    ("compose", "    networks: [stream]\n", '    networks: [stream]\n    ports: ["9092:9092"]\n', "kafka publishes"),
    ("compose", "  data: { internal: true }", "  data:", "not internal"),
    ("compose", "127.0.0.1:9100/health", "127.0.0.1:9101/health", "asks elsewhere"),
    ("compose", "/health'", "/healthz'", "asks elsewhere"),
    ("compose", "./infra/compose/web:", "./infra/compose/caddy:", "not in the repository"),
    ("compose", "profiles: [scale]", "profiles: [more]", "unknown profile"),
    ("compose", "networks: [mqtt, stream, data, monitoring]", "networks: [stream, data]", "no network with mqtt"),
    ("compose", "  cap_drop: [ALL]\n", "", "keeps rights"),
    ("env_example", "TOURNEE_GRAFANA_PASSWORD=", "TOURNEE_GRAFANA_PASSWORD=admin", "must choose"),
    ("env_example", "TOURNEE_LOG_LEVEL=INFO", "TOURNEE_LOG_LEVEL=INFO\nTOURNEE_OLD=1", "used nowhere"),
    ("env_example", "# TOURNEE_MQTT_CA=", "# TOURNEE_MQTT_AUTHORITY=", "does not tell of TOURNEE_MQTT_CA"),
    ("mosquitto", "listener 1883", "listener 1884", "listens on ['1884']"),
    ("mosquitto", "keyfile /", "#keyfile /", "without TLS"),
    ("mosquitto", "allow_anonymous false", "allow_anonymous true", "lets anybody in"),
    ("compose", "PASSWORD_OF_WORKER:?", "PASSWORD_OF_WRITER:?", "comes to Kafka with another account than worker"),
    ("compose", "tournee_web:", "tournee_writer:", "comes to the store with another role than tournee_web"),
    ("compose", "KAFKA_SUPER_USERS: User:setup", "KAFKA_SUPER_USERS: User:web", "lets somebody in without an account"),
    ("caddyfile", "web:8080", "web:8000", "another port"),
    ("caddyfile", "tls {$TOURNEE_TLS}", "tls internal", "does not use TOURNEE_TLS"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "told"), BREAKS, ids=[f"{b[0]}: {b[3]}" for b in BREAKS])
def test_drift_is_noticed(composition: Composition, file: str, right: str, wrong: str, told: str) -> None:
    """The checks above see something: each of these mistakes is named."""
    text = getattr(composition, file)
    assert right in text
    assert told in " | ".join(all_faults(replace(composition, **{file: text.replace(right, wrong)})))


def _has_docker_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


def _compose_check(file: Path, env: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """What Docker Compose says of a file: by its client where it is, else by the library it is made of."""
    if _has_docker_compose():
        command = ["docker", "compose", "--env-file", str(env), "--profile", "*", "-f", str(file), "config", "--quiet"]
        return subprocess.run(command, capture_output=True, text=True, check=False)
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        reason = "needs `docker compose` or Go (1.24 or later)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    program = tmp_path / "check"
    # Pinned by go.sum; Go keeps what it downloaded and compiled, so only the first run takes half a minute.
    subprocess.run([go, "build", "-mod=readonly", "-o", program, "."], cwd=CHECK, check=True)
    return subprocess.run([program, file, env], capture_output=True, text=True, check=False)


@pytest.fixture
def filled_env(tmp_path: Path) -> Path:
    """A .env as new_env.sh makes it, in a copy of what that needs."""
    (tmp_path / "infra" / "compose").mkdir(parents=True)
    shutil.copy(INFRA / "compose" / "new_env.sh", tmp_path / "infra" / "compose")
    shutil.copy(ROOT / ".env.example", tmp_path)
    script = tmp_path / "infra" / "compose" / "new_env.sh"
    subprocess.run(["sh", script, "waste.example.org", "technician@example.org"], check=True, capture_output=True)
    return tmp_path / ".env"


def test_docker_compose_takes_the_file(filled_env: Path, tmp_path: Path) -> None:
    """The file is right by the Compose specification, with the .env that our script makes."""
    told = _compose_check(ROOT / "docker-compose.yml", filled_env, tmp_path)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("    restart: ", "    restrat: "),
        ("mem_limit: 384m", "mem_limit: plenty"),
        ("networks: [stream]", "networks: [steam]"),
        ("condition: service_healthy", "condition: service_well"),
        ("start_period: 60s", "start_period: a minute"),
    ],
)
def test_docker_compose_refuses_a_broken_file(filled_env: Path, tmp_path: Path, right: str, wrong: str) -> None:
    """The validation above validates."""
    text = (ROOT / "docker-compose.yml").read_text()
    assert right in text
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(text.replace(right, wrong))
    assert _compose_check(broken, filled_env, tmp_path).returncode != 0


def test_docker_compose_refuses_an_unfilled_env(tmp_path: Path) -> None:
    """Without passwords nothing starts, and the missing one is named."""
    told = _compose_check(ROOT / "docker-compose.yml", ROOT / ".env.example", tmp_path)
    assert told.returncode != 0
    assert "TOURNEE_SUPERUSER_PASSWORD" in told.stderr


def test_env_script_fills_every_secret_once(filled_env: Path) -> None:
    """Long, all different, readable by their owner alone; and an existing .env is never overwritten."""
    keys = dict(line.split("=", 1) for line in filled_env.read_text().splitlines() if line[:1].isalpha())
    secrets = [value for key, value in keys.items() if re.search("PASSWORD|SECRET", key)]
    assert len(secrets) == len(set(secrets)) == 17
    assert all(len(secret) >= 48 for secret in secrets)
    assert (keys["TOURNEE_DOMAIN"], keys["TOURNEE_TLS"]) == ("waste.example.org", "technician@example.org")
    assert filled_env.stat().st_mode & 0o777 == 0o600
    script = filled_env.parent / "infra" / "compose" / "new_env.sh"
    again = subprocess.run(["sh", script, "a.org", "internal"], capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "there is a .env already" in again.stderr
    assert "waste.example.org" in filled_env.read_text()


def test_env_script_adds_what_an_upgrade_brings(filled_env: Path) -> None:
    """New secrets are drawn, others and what the technician chose stay; the second time there is nothing to add."""
    script = filled_env.parent / "infra" / "compose" / "new_env.sh"
    whole = filled_env.read_text()
    filled_env.write_text("".join(line for line in whole.splitlines(True) if "PASSWORD_OF" not in line))
    before = filled_env.read_text()
    told = subprocess.run(["sh", script, "--more"], check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(told) == 11
    assert filled_env.read_text().startswith(before)
    added = dict(line.split("=", 1) for line in filled_env.read_text().removeprefix(before).splitlines())
    assert {f"added {name}" for name in added} == set(told)
    assert all(len(password) >= 48 for password in added.values())
    assert filled_env.stat().st_mode & 0o777 == 0o600
    again = subprocess.run(["sh", script, "--more"], check=True, capture_output=True, text=True).stdout
    assert again.startswith("nothing to add")


def test_kafka_is_the_tested_one(composition: Composition) -> None:
    """Production runs the version, with the settings, that the tests run."""
    pom = ET.parse(INFRA / "kafka" / "pom.xml")  # noqa: S314 - our own file
    maven = {"m": "http://maven.apache.org/POM/4.0.0"}
    version = pom.findtext(".//m:dependency[m:artifactId='kafka_2.13']/m:version", namespaces=maven)
    kafka = composition.services["kafka"]
    assert kafka["image"] == f"apache/kafka:{version}"
    names = ("server.properties", "accounts.properties")
    lines = [line for name in names for line in (INFRA / "kafka" / name).read_text().splitlines()]
    # What holds an address or a password is each installation's own; TLS within is for those who ask for it.
    tested = dict(
        line.split("=", 1) for line in lines if re.match(r"[a-z]", line) and "$" not in line and ".tls." not in line
    )
    tested["listener.security.protocol.map"] = tested["listener.security.protocol.map"].replace("TLS:SASL_SSL,", "")
    ours = {f"KAFKA_{key.replace('.', '_').replace('-', '___').upper()}": value for key, value in tested.items()}
    assert ours.items() <= {key: str(value) for key, value in kafka["environment"].items()}.items()


def test_journal_is_built_as_it_is_tested() -> None:
    """The plugin in the image is compiled with the flags of the one in the tests."""
    recipe = (INFRA / "compose" / "mqtt" / "Dockerfile").read_text().replace("\\\n", " ")
    assert set(FLAGS) <= set(recipe.split())


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "mqtt/Dockerfile"])
def test_dockerfile_copies_what_is_there_from_pinned_images(dockerfile: str) -> None:
    """A renamed folder or a moving base image is noticed here and not on a city's server."""
    text = (INFRA / "compose" / dockerfile).read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+", image), image
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in (word for word in sources.split() if not word.startswith("--")):
            assert (ROOT / source).exists(), source
            assert any(line == f"!{source}" or source.startswith(f"{line[1:]}/") for line in ignored), source
    assert re.search(r"^USER (?!root)\S+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_image_leaves_out_the_demos_servers() -> None:
    """What the image uninstalls is in the lock: the embedded servers have no place in production."""
    text = (INFRA / "compose" / "Dockerfile").read_text()
    found = re.search(r"pip uninstall --yes (.+)", text)
    assert found is not None
    demo = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["demo"]
    assert set(found[1].split()) <= {re.split("[><=]", each)[0] for each in demo}


def test_prometheus_asks_our_services(composition: Composition) -> None:
    """Each service that always runs is scraped where it answers, and no target is one that cannot be."""
    jobs = yaml.safe_load((INFRA / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    named = {target for job in jobs for static in job.get("static_configs", []) for target in static["targets"]}
    answering = {
        f"{name}:{service['environment']['TOURNEE_PROBE_PORT']}"
        for name, service in composition.ours().items()
        if "monitoring" in service.get("networks", []) and "profiles" not in service
    }
    assert {target for target in named if not target.startswith("localhost:")} == answering


def test_scaled_services_are_scraped_where_they_run(composition: Composition) -> None:
    """The second bridge and writer are found by name; where they were never started, nobody misses them."""
    jobs = yaml.safe_load((INFRA / "monitoring" / "prometheus.yml").read_text())["scrape_configs"]
    found = {
        (name, found["port"]) for job in jobs for found in job.get("dns_sd_configs", []) for name in found["names"]
    }
    scaled = {
        name for name, service in composition.ours().items() if service.get("profiles") in (["scale"], ["workers"])
    }
    assert found == {(name, 9100) for name in scaled}


def test_prometheus_takes_its_files() -> None:
    """Prometheus' own tool reads the configuration, and the alert rules that it names."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: apt install prometheus")
    told = subprocess.run(
        [promtool, "check", "config", INFRA / "monitoring" / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
