"""The Things Stack v3: its JSON by MQTT or by a webhook. Fields that are empty are left out."""

from collections.abc import Mapping

from services.edges.choosing import read_sensor
from services.edges.decoder import take_percent
from services.edges.door import Door, Moment
from services.edges.doors.chirpstack import bytes_of, eui_of, object_of, take_port
from services.edges.heard import MISSING, Faults, Heard, NotAReading, Refused
from services.edges.values import Fields, Object, judged, text_of

OTHERS = (
    "join_accept",
    "downlink_ack",
    "downlink_nack",
    "downlink_sent",
    "downlink_failed",
    "downlink_queued",
    "downlink_queue_invalidated",
    "location_solved",
    "service_data",
    "uplink_normalized",
)
"""What else an application hears of."""


def _recognises(message: Object) -> bool:
    return "end_device_ids" in message or "uplink_message" in message


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    fields = Fields(message, heard)
    _name(fields.inside("end_device_ids"), heard)
    other = next((event for event in OTHERS if event in message), None)
    up = message.get("uplink_message")
    if other is not None and up is None:
        raise NotAReading("event", other, "uplink_message: the others say nothing of a container")
    if not isinstance(up, Mapping):
        raise Refused("uplink_message", MISSING if up is None else up, "an object")
    for told in (message.get("simulated"), up.get("simulated")):
        if told not in (None, False, "false", 0):
            raise NotAReading("simulated", told, "a message of a real device: simulated ones are never counted")
    faults = Faults()
    if heard.device is None:
        faults.add(Refused("end_device_ids", message.get("end_device_ids", MISSING), "dev_eui or device_id"))
    times: list[tuple[str, object]] = [
        ("uplink_message.received_at", up.get("received_at")),
        ("received_at", message.get("received_at")),
    ]
    with faults:
        heard.happened_at = judged(heard, times, moment.now)
    uplink = Fields(up, heard, "uplink_message.")
    with faults:
        _read_sensor(uplink, moment, heard.device or "")
    if heard.battery_ratio is None:
        take_percent(uplink.inside("last_battery_percentage"), "value")
    faults.tell()


def _name(ids: Fields, heard: Heard) -> None:
    told = ids.fields.get("dev_eui")
    device_id = text_of(ids.fields.get("device_id"))
    heard.device = eui_of(told) or device_id
    heard.label = device_id
    if told is not None and eui_of(told) is None and device_id is not None:
        heard.drop("end_device_ids.dev_eui", told, "16 hexadecimal digits")


def _read_sensor(up: Fields, moment: Moment, device: str) -> None:
    heard, told = up.heard, up.fields
    version = told.get("version_ids")
    profile = text_of(version.get("model_id"), 200) if isinstance(version, Mapping) else None
    read_sensor(
        heard,
        moment.decoders_of(device),
        decoded=object_of(told.get("decoded_payload"), "uplink_message.decoded_payload", heard),
        raw=bytes_of(told.get("frm_payload"), "uplink_message.frm_payload", heard),
        port=take_port(up, "f_port", "f_cnt", "rx_metadata"),
        profile=profile or "",
        within="decoded_payload.",
    )


DOOR = Door("ttn", "containers", _recognises, _read)
