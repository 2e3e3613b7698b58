"""docs/deployment.md shows commands, files, ports and variables that are there."""

import re

import pytest

from tests.unit.compose.composition import PROFILES, PUBLISHED, ROOT, Composition, command_exists

DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
COMPOSE = [
    line.split("#")[0].split()[2:]
    for line in re.findall(r"docker compose [^`\n]+", DOCUMENT)
    if not line.startswith("docker compose version")
]


@pytest.fixture(scope="module")
def composition() -> Composition:
    return Composition.read()


def test_commands_run_in_services_that_are_there(composition: Composition) -> None:
    """Each `docker compose run --rm NAME ...` names a service, and what it says to `tournee` exists."""
    runs = [[word for word in words[1:] if not word.startswith("-")] for words in COMPOSE if words[0] == "run"]
    assert len(runs) >= 10
    for service, *words in runs:
        if service == "setup":  # its shell runs three commands, seen by `commands_exist`
            assert not words
            continue
        entry = composition.services[service].get("entrypoint", ["tournee"])
        assert command_exists([*entry[1:], *words]), " ".join(words)


def test_other_commands_name_what_is_there(composition: Composition) -> None:
    """Signals, logs and copies go to services of these names; profiles are those of the file."""
    for words in COMPOSE:
        if words[0] in {"kill", "logs"}:
            assert words[-1] in composition.services
        if words[0] == "exec":
            assert words[1] in composition.services
        if words[0] == "cp":
            assert words[1].partition(":")[0] in composition.services
        if words[0] == "--profile":
            assert words[1] in PROFILES


def test_files_and_variables_are_there(composition: Composition) -> None:
    """What is to be run, copied or written exists under that name."""
    scripts = set(re.findall(r"sh (infra/\S+\.sh)", DOCUMENT))
    assert scripts == {"infra/compose/new_env.sh", "infra/compose/mqtt/certificates.sh", "infra/install/engine.sh"}
    assert all((ROOT / script).exists() for script in scripts)
    variables = set(re.findall(r"TOURNEE_[A-Z_]+", DOCUMENT))
    assert variables <= composition.env_keys.keys() | {"TOURNEE_MEMBER", "TOURNEE_DATABASE_URL", "TOURNEE_KAFKA_CA"}


def test_every_published_port_is_told() -> None:
    """The list of what is exposed is whole."""
    table = DOCUMENT.partition("## What is exposed")[2].partition("\n\nKafka")[0]
    ports = {port.partition("/")[0] for published in PUBLISHED.values() for port in published}
    assert set(re.findall(r"\b\d{2,5}\b", table)) == ports
