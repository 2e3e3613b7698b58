"""docker-compose.yml against what it stands on: our settings and commands, and the servers' own configuration."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import typer
import yaml

from infra.accounts.passwords import AccountPasswords
from infra.accounts.store import READS_EVERYTHING, RIGHTS, ROLE
from infra.accounts.stream import SETUP, STREAM_RIGHTS
from services.cli.app import app
from services.cli.run import SERVICES
from services.settings import Settings

ROOT = Path(__file__).parents[3]
OURS = "tournee:"
ONCE = {"mqtt-setup", "setup", "tool", "devices"}
"""They do something and end."""
OPERATORS_FOLDERS = {"./cities", "./backups", "./infra/compose/secrets/mqtt"}
"""Made by the technician: docs/deployment.md."""
PUBLISHED = {"mqtt": {"8883"}, "front": {"80", "443", "443/udp", "8090"}, "grafana": {"3000"}}
PROFILES = {"scale", "workers", "tools", "monitoring"}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<rest>[^}]*)\}")

Fault = str


@dataclass(frozen=True)
class Composition:
    """The files as text, so that a test may break one of them."""

    compose: str
    env_example: str
    mosquitto: str
    caddyfile: str

    @classmethod
    def read(cls) -> "Composition":
        folder = ROOT / "infra" / "compose"
        return cls(
            (ROOT / "docker-compose.yml").read_text(),
            (ROOT / ".env.example").read_text(),
            (folder / "mqtt" / "mosquitto.conf").read_text(),
            (folder / "web" / "Caddyfile").read_text(),
        )

    @cached_property
    def model(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load(self.compose)
        return loaded

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        named: dict[str, dict[str, Any]] = self.model["services"]
        return named

    def ours(self) -> dict[str, dict[str, Any]]:
        return {name: each for name, each in self.services.items() if each["image"].startswith(OURS)}

    @cached_property
    def env_keys(self) -> dict[str, str]:
        """What .env holds when it is made from .env.example."""
        lines = (line.partition("=") for line in self.env_example.splitlines() if re.match(r"[A-Z]", line))
        return {key: value for key, _, value in lines}

    @cached_property
    def listeners(self) -> dict[str, str]:
        """Mosquitto's ports, each with the lines that hold for it alone."""
        parts = re.split(r"^listener (\d+)$", self.mosquitto, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))


def all_faults(composition: Composition) -> list[Fault]:
    return [fault for check in CHECKS for fault in check(composition)]


def variables_are_settings(c: Composition) -> Iterator[Fault]:
    known = {f"TOURNEE_{name.upper()}" for name in Settings.model_fields}
    known |= {f"TOURNEE_PASSWORD_OF_{name.upper()}" for name in AccountPasswords.model_fields}
    options = set(_option_variables())
    for name, service in c.ours().items():
        for key in service.get("environment", {}):
            if key.startswith("TOURNEE_") and key not in known | options:
                yield f"{name}: {key} is neither a setting nor an option of a command"
    for key in c.services["front"]["environment"]:
        if f"{{${key}}}" not in c.caddyfile:
            yield f"front: the Caddyfile does not use {key}"
    for key in known | options:
        if key not in c.env_example:
            yield f".env.example does not tell of {key}"


def _option_variables() -> Iterator[str]:
    """The variables that commands take beside the settings."""
    yield from _variables_of(typer.main.get_command(app))


def _variables_of(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar
    for below in getattr(command, "commands", {}).values():
        yield from _variables_of(below)


def env_file_and_compose_agree(c: Composition) -> Iterator[Fault]:
    used = set()
    for found in VARIABLE.finditer(c.compose):
        name, rest = found["name"], found["rest"]
        used.add(name)
        if name not in c.env_keys:
            yield f"{name} is not in .env.example"
        elif rest.startswith(":?"):
            if c.env_keys[name]:
                yield f"{name}: .env.example gives a value to what each installation must choose"
        elif not rest.startswith(":-") or rest[2:] != c.env_keys[name]:
            yield f"{name}: {found[0]} and .env.example differ"
        if re.search("PASSWORD|SECRET", name) and not rest.startswith(":?"):
            yield f"{name} is a secret and must have no default: {found[0]}"
    yield from (f".env.example: {key} is used nowhere" for key in c.env_keys if key not in used)


def commands_exist(c: Composition) -> Iterator[Fault]:
    for name, service in c.ours().items():
        entry = service.get("entrypoint", ["tournee"])
        words = [*entry, *service.get("command", [])]
        if name not in ONCE and (entry != ["tournee"] or words[1:2] != service["command"] or words[1] not in SERVICES):
            yield f"{name}: {' '.join(words)} is no service of ours"
        for line in re.findall(r"tournee ([a-z ]+)", " ".join(words)):
            if not command_exists(line.split()):
                yield f"{name}: there is no command tournee {line}"


def command_exists(words: list[str]) -> bool:
    """Whether the words, up to the first argument, lead to a command or a group of `tournee`."""
    at: click.Command = typer.main.get_command(app)
    for word in words:
        below = getattr(at, "commands", None)
        if below is None:
            return True
        if word not in below:
            return False
        at = below[word]
    return True


def addresses_meet(c: Composition) -> Iterator[Fault]:
    for name, service in c.ours().items():
        environment = service.get("environment", {})
        for key, server, ports in (
            ("TOURNEE_KAFKA", "kafka", _kafka_ports(c)),
            ("TOURNEE_DATABASE_URL", "store", {"5432"}),
            ("TOURNEE_MQTT_HOST", "mqtt", {port for port, own in c.listeners.items() if "certfile" not in own}),
        ):
            if key not in environment:
                continue
            host, port = _address(key, environment)
            if host != server:
                yield f"{name}: {key} names {host}, the service is called {server}"
            if port not in ports:
                yield f"{name}: {key} says port {port}, {server} listens on {sorted(ports)}"
            if not set(service["networks"]) & set(c.services[server]["networks"]):
                yield f"{name}: has {key} but no network with {server}"
    web = c.services["web"]
    if f"reverse_proxy web:{web['environment']['TOURNEE_WEB_PORT']}\n" not in c.caddyfile:
        yield "front: the Caddyfile leads to another port than web's"
    edges = c.services["edges"]
    if f"reverse_proxy edges:{edges['environment']['TOURNEE_EDGES_PORT']}\n" not in c.caddyfile:
        yield "front: the Caddyfile leads to another port than that of edges"
    if not set(edges["networks"]) & set(c.services["front"]["networks"]):
        yield "front: has no network with edges"
    if not set(web["networks"]) & set(c.services["front"]["networks"]):
        yield "front: has no network with web"


def _address(key: str, environment: dict[str, str]) -> tuple[str, str]:
    if key == "TOURNEE_MQTT_HOST":
        return environment[key], environment["TOURNEE_MQTT_PORT"]
    if key == "TOURNEE_KAFKA":
        host, _, port = environment[key].rpartition(":")
        return host, port
    url = urlsplit(VARIABLE.sub("secret", environment[key]))
    return str(url.hostname), str(url.port)


def _kafka_ports(c: Composition) -> set[str]:
    kafka = c.services["kafka"]["environment"]
    advertised = re.findall(r"CLIENTS://kafka:(\d+)", kafka["KAFKA_ADVERTISED_LISTENERS"])
    return {port for port in advertised if f"CLIENTS://:{port}," in f"{kafka['KAFKA_LISTENERS']},"}


def each_comes_with_its_own_account(c: Composition) -> Iterator[Fault]:
    for name, service in c.ours().items():
        environment = service.get("environment", {})
        password = "${TOURNEE_PASSWORD_OF_%s:?set it in .env}"
        account = name if name in ONCE else service["command"][0]
        if account in STREAM_RIGHTS:
            expected = (account, password % account.upper())
            if (environment.get("TOURNEE_KAFKA_USERNAME"), environment.get("TOURNEE_KAFKA_PASSWORD")) != expected:
                yield f"{name}: comes to Kafka with another account than {account}, or another password"
        elif account != SETUP and "TOURNEE_KAFKA_PASSWORD" in environment:
            yield f"{name}: has a login at Kafka and no rights there"
        if name in ONCE:
            continue
        login = f"postgresql://{ROLE.format(account)}:{password % account.upper()}@"
        url = environment.get("TOURNEE_DATABASE_URL")
        if (url is not None) != (account in RIGHTS) or (url and not url.startswith(login)):
            yield f"{name}: comes to the store with another role than {ROLE.format(account)}"
        if "TOURNEE_DATABASE_PASSWORD" in str(environment) or "TOURNEE_KAFKA_SETUP_PASSWORD" in str(environment):
            yield f"{name}: is given the owner's password"
    kafka = c.services["kafka"]["environment"]
    if kafka["KAFKA_SUPER_USERS"] != f"User:{SETUP}" or "PLAINTEXT:PLAINTEXT" in str(kafka):
        yield "kafka: lets somebody in without an account, or do what is not on its list"
    made = {f"TOURNEE_PASSWORD_OF_{account.upper()}" for account in (*RIGHTS, READS_EVERYTHING)}
    if missing := made - c.services["store"]["environment"].keys():
        yield f"store: is not told {sorted(missing)}"


def nothing_else_is_reachable(c: Composition) -> Iterator[Fault]:
    for name, service in c.services.items():
        published = {str(port).rsplit(":", 1)[-1] for port in service.get("ports", [])}
        if published != PUBLISHED.get(name, set()):
            yield f"{name} publishes {sorted(published)}, expected {sorted(PUBLISHED.get(name, set()))}"
    for port in PUBLISHED["mqtt"]:
        if not {"certfile", "keyfile", "use_username_as_clientid true"} <= _words(c.listeners.get(port, "")):
            yield f"mqtt: the published listener {port} is without TLS, or devices may take any client id"
    if any(not str(port).startswith("127.0.0.1:") for port in c.services["grafana"]["ports"]):
        yield "grafana is published beyond this machine"
    if re.search(r"^(allow_anonymous|per_listener_settings) true", c.mosquitto, re.MULTILINE):
        yield "mqtt: lets anybody in, or has rights per listener"
    for server in ("kafka", "store"):
        for network in c.services[server]["networks"]:
            if c.model["networks"].get(network) != {"internal": True}:
                yield f"{server} is on the network {network}, which is not internal"


def _words(configuration: str) -> set[str]:
    lines = configuration.splitlines()
    return set(lines) | {line.split(" ")[0] for line in lines}


def images_are_pinned(c: Composition) -> Iterator[Fault]:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    for name, service in c.services.items():
        tag = service["image"].partition(":")[2]
        if not re.match(r"v?\d+\.\d+\.\d+(-pg\d+)?(@sha256:[0-9a-f]{64})?$", tag):
            yield f"{name}: {service['image']} is not pinned to a version"
        if "build" in service and tag != version[1]:
            yield f"{name}: {service['image']} is not version {version[1]} of pyproject.toml"


def health_is_asked(c: Composition) -> Iterator[Fault]:
    for name, service in c.services.items():
        asked = service.get("healthcheck", {})
        if name in ONCE:
            if asked != {"disable": True} or service.get("restart") != "no":
                yield f"{name} ends by itself: no restart, no health"
            continue
        if not asked.get("test"):
            yield f"{name} has no health check"
        if name in c.ours():
            port = service["environment"].get("TOURNEE_PROBE_PORT")
            if f"http://127.0.0.1:{port}/health'" not in asked["test"][-1]:
                yield f"{name}: the health check asks elsewhere than port {port} of TOURNEE_PROBE_PORT"
    if c.services["mqtt"]["healthcheck"]["test"][-1] not in c.listeners:
        yield "mqtt: the health check asks a port that is no listener"
    if c.services["kafka"]["healthcheck"]["test"][-1] not in _kafka_ports(c):
        yield "kafka: the health check asks a port that is no listener"
    if c.services["front"]["healthcheck"]["test"][-1].rstrip("/") + " {" not in c.caddyfile:
        yield "front: the Caddyfile does not answer the health check"


def mounts_exist(c: Composition) -> Iterator[Fault]:
    used = set()
    for name, service in c.services.items():
        for mount in service.get("volumes", []):
            source, target, *mode = mount.split(":")
            if not source.startswith("."):
                used.add(source)
                continue
            if source not in OPERATORS_FOLDERS and not (ROOT / source).exists():
                yield f"{name}: {source} is not in the repository"
            if mode != ["ro"] and target != "/backups":
                yield f"{name}: {source} is mounted for writing"
    declared = set(c.model["volumes"])
    yield from (f"the volume {volume} is declared or used, not both" for volume in declared ^ used)


def each_is_confined(c: Composition) -> Iterator[Fault]:
    for name, service in c.services.items():
        if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} keeps rights that it does not need"
        if not service.get("mem_limit"):
            yield f"{name} has no memory limit"
        if "max-size" not in service.get("logging", {}).get("options", {}):
            yield f"{name} has logs without end"
        if name in c.ours() and not service.get("read_only"):
            yield f"{name} may write into its image"
        yield from (f"{name}: unknown profile {profile}" for profile in set(service.get("profiles", [])) - PROFILES)
        if name not in ONCE and name in c.ours() and service.get("stop_grace_period") != "30s":
            yield f"{name} is killed before it has finished"


def members_differ(c: Composition) -> Iterator[Fault]:
    seen: dict[tuple[str, str], str] = {}
    for name, service in c.ours().items():
        if name in ONCE:
            continue
        member = (service["command"][0], service["environment"]["TOURNEE_MEMBER"])
        if member in seen:
            yield f"{name} and {seen[member]} are both member {member[1]}: they would take each other's session"
        seen[member] = name


CHECKS: tuple[Callable[[Composition], Iterator[Fault]], ...] = (
    variables_are_settings,
    env_file_and_compose_agree,
    commands_exist,
    addresses_meet,
    each_comes_with_its_own_account,
    nothing_else_is_reachable,
    images_are_pinned,
    health_is_asked,
    mounts_exist,
    each_is_confined,
    members_differ,
)
