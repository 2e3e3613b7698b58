"""All checks at once: each server has a thread of its own, so that one that is away holds up nobody."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

from infra.doctor.disk import check_disk
from infra.doctor.findings import Finding, fail
from infra.doctor.mqtt import check_mqtt
from infra.doctor.store import check_store
from infra.doctor.stream import check_stream
from services.clock import clock_from
from services.operations.logs import spellings, without_secrets
from services.settings import Settings

PATIENCE_S = 12.0
"""Each single question waits three seconds at most, and no server is asked more than four that may all hang."""

Check = Callable[[], list[Finding]]


def examine(config: Settings) -> list[Finding]:
    """Every finding, in the order of the data's way; never raises for a server that is away."""
    checks: Mapping[str, Check] = {
        "MQTT": partial(check_mqtt, config),
        "Kafka": partial(check_stream, config.kafka_at),
        "store": partial(check_store, config.database_url.get_secret_value(), clock_from(config.clock)),
        "disk": check_disk,
    }
    told: dict[str, list[Finding]] = {}
    threads = [threading.Thread(target=_run, args=(name, check, told), daemon=True) for name, check in checks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    secrets = spellings(config.secrets())
    return [_hidden(finding, secrets) for name in checks for finding in told.get(name, [_no_answer(name)])]


def _run(name: str, check: Check, told: dict[str, list[Finding]]) -> None:
    told[name] = check()


def _no_answer(name: str) -> Finding:
    return fail(name, f"no answer within {PATIENCE_S:.0f} s", "it takes connections but does not work: see its log")


def _hidden(finding: Finding, secrets: tuple[str, ...]) -> Finding:
    return Finding(
        finding.status,
        finding.what,
        # A driver's message may have several lines; ours has one.
        " ".join(without_secrets(finding.detail, secrets).split()),
        without_secrets(finding.next, secrets),
    )
