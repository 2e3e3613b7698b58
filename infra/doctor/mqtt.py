"""Whether the MQTT broker lets us in. What it keeps on its disk, nobody can ask it."""

import threading
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from infra.doctor.findings import Finding, fail, look, ok
from services.settings import Settings

PATIENCE_S = 3.0
VERSION_PATIENCE_S = 0.5
VERSION = "$SYS/broker/version"
START_IT = "start it, or set TOURNEE_MQTT_HOST and TOURNEE_MQTT_PORT to where it is"


class _Visit:
    """One connection and what was heard on it."""

    def __init__(self) -> None:
        self.answered, self.told = threading.Event(), threading.Event()
        self.refusal = ""
        self.version = ""

    def on_connect(self, client: paho.Client, _u: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
        else:
            client.subscribe(VERSION)
        self.answered.set()

    def on_message(self, _client: paho.Client, _u: Any, message: paho.MQTTMessage) -> None:
        self.version = message.payload.decode(errors="replace")[:80]
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
        return [_heard(visit, place, tls=config.mqtt_ca is not None, logged_in=config.mqtt_username is not None)]
    finally:
        client.disconnect()
        client.loop_stop()


def _heard(visit: _Visit, place: str, *, tls: bool, logged_in: bool) -> Finding:
    if not visit.answered.wait(PATIENCE_S):
        return fail("MQTT", f"{place} takes connections but does not answer", "see the broker's log")
    if visit.refusal:
        return fail("MQTT", f"{place} refuses us: {visit.refusal}", "check TOURNEE_MQTT_USERNAME and _PASSWORD")
    visit.told.wait(VERSION_PATIENCE_S)
    detail = f"{place} lets us in{', over TLS' if tls else ''}; {visit.version or 'it does not tell its version'}"
    if not logged_in and not place.startswith(("127.", "localhost", "[::1]")):
        return look("MQTT", f"{detail}; without a login", "give the broker logins: anybody could send readings")
    return ok("MQTT", detail)
