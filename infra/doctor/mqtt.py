"""Whether the MQTT broker lets us in, and who else reads there. What it keeps on its disk, nobody can ask it."""

import threading
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from infra.doctor.findings import Finding, fail, look, ok
from services.settings import Settings
from services.stream.mqtt_readers import ANYBODY, MQTT_READERS, Readers

PATIENCE_S = 3.0
TOLD_PATIENCE_S = 0.5
VERSION = "$SYS/broker/version"
START_IT = "start it, or set TOURNEE_MQTT_HOST and TOURNEE_MQTT_PORT to where it is"
MOST_NAMED = 5


class _Visit:
    """One connection and what was heard on it."""

    def __init__(self) -> None:
        self.answered, self.told = threading.Event(), threading.Event()
        self.refusal = ""
        self.version = ""
        self.readers = Readers()

    def on_connect(self, client: paho.Client, _u: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
        else:
            client.subscribe([(VERSION, 0), (MQTT_READERS, 0)])
        self.answered.set()

    def on_message(self, _client: paho.Client, _u: Any, message: paho.MQTTMessage) -> None:
        if message.topic == VERSION:
            self.version = message.payload.decode(errors="replace")[:80]
        self.readers.take(message.topic, message.payload)
        if self.version and self.readers.is_told:
            self.told.set()


def check_mqtt(config: Settings) -> list[Finding]:
    """Connect as the services do, with their login and their trust."""
    place = f"{config.mqtt_host}:{config.mqtt_port}"
    visit, client = _Visit(), paho.Client(CallbackAPIVersion.VERSION2, client_id=f"tournee-doctor-{uuid4().hex[:8]}")
    client.connect_timeout = PATIENCE_S
    client.on_connect, client.on_message = visit.on_connect, visit.on_message
    if config.mqtt_username and config.mqtt_password:
        client.username_pw_set(config.mqtt_username, config.mqtt_password.get_secret_value())
    try:
        if config.mqtt_ca:
            client.tls_set(ca_certs=str(config.mqtt_ca))
        client.connect(config.mqtt_host, config.mqtt_port)
    except (OSError, ValueError) as error:
        return [fail("MQTT", f"{place}: {error}", START_IT)]
    client.loop_start()
    try:
        return _heard(visit, place, tls=config.mqtt_ca is not None, logged_in=config.mqtt_username is not None)
    finally:
        client.disconnect()
        client.loop_stop()


def _heard(visit: _Visit, place: str, *, tls: bool, logged_in: bool) -> list[Finding]:
    if not visit.answered.wait(PATIENCE_S):
        return [fail("MQTT", f"{place} takes connections but does not answer", "see the broker's log")]
    if visit.refusal:
        return [fail("MQTT", f"{place} refuses us: {visit.refusal}", "check TOURNEE_MQTT_USERNAME and _PASSWORD")]
    visit.told.wait(TOLD_PATIENCE_S)
    is_own = not logged_in and place.startswith(("127.", "localhost", "[::1]"))
    detail = f"{place} lets us in{', over TLS' if tls else ''}; {visit.version or 'it does not tell its version'}"
    if not logged_in and not is_own:
        door = look("MQTT", f"{detail}; without a login", "give the broker logins: anybody could send readings")
    else:
        door = ok("MQTT", detail)
    return [door, readers_finding(visit.readers, is_own=is_own)]


def readers_finding(readers: Readers, *, is_own: bool) -> Finding:
    """Who reads what devices send. `is_own`: a broker without logins, for this machine alone."""
    if readers.strangers_count:
        return fail(
            "MQTT readers",
            f"{readers.strangers_count} that are no bridges: {_named(readers.strangers)}",
            "a bridge that runs ends their sessions within seconds: is one running? see its log",
        )
    if readers.is_guarded:
        return _refusals(readers)
    if is_own:
        return ok("MQTT readers", "anybody on this machine: this broker gives nobody a login")
    if readers.login == ANYBODY:
        return look("MQTT readers", "anybody may subscribe", "set plugin_opt_reader to the bridges' login")
    return look(
        "MQTT readers",
        "unknown: the broker does not tell",
        "its journal or access.acl is older than this Tournée: docker compose up -d --build mqtt",
    )


def _refusals(readers: Readers) -> Finding:
    detail = f"bridges alone, with the login {readers.login}"
    if not readers.refused:
        return ok("MQTT readers", detail)
    last = "; the last was {} for {}".format(*readers.last_refused) if readers.last_refused else ""
    return look(
        "MQTT readers",
        f"{detail}. Refused to others: {readers.refused:,}{last}",
        "a device has nothing to read: mend it, or is it in other hands? tournee device revoke",
    )


def _named(client_ids: tuple[str, ...]) -> str:
    more = f" and {len(client_ids) - MOST_NAMED} more" if len(client_ids) > MOST_NAMED else ""
    return ", ".join(client_ids[:MOST_NAMED]) + more
