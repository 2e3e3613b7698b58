"""Messages as makers and networks publish them, and ours in their envelopes."""

import base64
import json
from datetime import UTC, datetime

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

# Milesight-IoT/SensorDecoders, em-series: README of EM310-UDL and of EM400-MUD (two of LoRaWAN, one of NB-IoT).
EM310 = bytes.fromhex("01755C03824408040001")
EM310_OBJECT = {"battery": 92, "distance": 2116, "position": "tilt"}
EM400 = bytes.fromhex("01755C0367010104824408050001")
EM400_OBJECT = {"battery": 92, "temperature": 25.7, "distance": 2116, "position": "tilt"}
EM400_ALARM = bytes.fromhex("8367e800018482410601")
EM400_ALARM_OBJECT = {
    "temperature": 23.2,
    "temperature_alarm": "threshold_alarm",
    "distance": 1601,
    "distance_alarm": "threshold_alarm",
}
EM400_NB = {
    "startFlag": 2,
    "sn": "6749D19054690031",
    "imei": "868508064807350",
    "imsi": "460043224213110",
    "iccid": "89860412102270062857",
    "csq": 9,
    "data_length": 14,
    "data": [{"battery": 100, "temperature": 26.7, "distance": 315, "position": "tilt"}],
}

# decentlab/decentlab-decoders, DL-MBX: the two payloads of its main().
DL_MBX = bytes.fromhex("02012f000304d200010bb1")
DL_MBX_BATTERY_ONLY = bytes.fromhex("02012f00020bb1")

# The Things Stack's guide for an LDDS75: 0D19 = 3.353 V, 04B0 = 1200 mm.
LDDS75 = base64.b64decode("DRkEsAAAAAE=")
LDDS75_WITH_UNITS = {
    "Node_type": "LDDS75",
    "Bat": "3.6 V",
    "Distance": "1200 mm",
    "Interrupt_flag": 0,
    "TempC_DS18B20": "21.50 °C",
    "Sensor_flag": 1,
}


def chirpstack(**changed: object) -> dict[str, object]:
    """An `up` of ChirpStack 4 with an EM400-MUD; None takes a field away."""
    message: dict[str, object] = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-11-22T05:01:07.123Z",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "deviceProfileName": "EM400-MUD",
            "deviceName": "COT-0412",
            "devEui": "24e124713c141234",
            "tags": {"container": "COT-0412"},
        },
        "devAddr": "00189440",
        "dr": 3,
        "fCnt": 4051,
        "fPort": 85,
        "data": base64.b64encode(EM400).decode(),
        "object": EM400_OBJECT,
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "nsTime": "2026-11-22T05:01:07.200Z", "rssi": -97, "snr": 6.5}],
        "regionConfigId": "eu868",
    }
    return _changed(message, changed)


def ttn(**changed: object) -> dict[str, object]:
    """An uplink of The Things Stack 3 with an LDDS75; what is changed is in `uplink_message`."""
    up: dict[str, object] = {
        "f_port": 2,
        "f_cnt": 23787,
        "frm_payload": "DRkEsAAAAAE=",
        "decoded_payload": {"Bat": 3.353, "Distance": 1200, "Interrupt_flag": 0, "TempC_DS18B20": "0.00"},
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw1"}, "rssi": -97, "snr": 6.5}],
        "received_at": "2026-11-22T05:01:07.505123456Z",
    }
    return {
        "end_device_ids": {
            "device_id": "cot-0412",
            "application_ids": {"application_id": "bacs"},
            "dev_eui": "24E124713C141234",
            "dev_addr": "270000BC",
        },
        "received_at": "2026-11-22T05:01:07.869Z",
        "uplink_message": _changed(up, changed),
    }


def client(**changed: object) -> dict[str, object]:
    """A location of Traccar Client; what is changed is in `location`."""
    location: dict[str, object] = {
        "timestamp": "2026-11-22T06:12:44.862Z",
        "coords": {"latitude": 6.3703, "longitude": 2.3912, "accuracy": 5, "speed": 4.2, "heading": 88, "altitude": 12},
        "is_moving": True,
        "odometer": 18240,
        "event": "motionchange",
        "battery": {"level": 0.79, "is_charging": True},
        "activity": {"type": "in_vehicle"},
        "extras": {},
    }
    return {"location": _changed(location, changed), "device_id": "T01"}


def forwarded(**changed: object) -> dict[str, object]:
    """What Traccar forwards; what is changed is in `position`."""
    position: dict[str, object] = {
        "id": 7,
        "attributes": {"batteryLevel": 88.0, "ignition": True, "odometer": 18240.0},
        "deviceId": 3,
        "protocol": "gt06",
        "serverTime": "2026-11-22T06:12:46.000+00:00",
        "deviceTime": "2026-11-22T06:12:44.000+00:00",
        "fixTime": "2026-11-22T06:12:44.000+00:00",
        "outdated": False,
        "valid": True,
        "latitude": 6.3703,
        "longitude": 2.3912,
        "altitude": 12.0,
        "speed": 10.0,
        "course": 88.0,
        "address": None,
        "accuracy": 0.0,
        "network": None,
    }
    device = {"id": 3, "attributes": {}, "name": "Camion 1", "uniqueId": "359633100458592", "status": "online"}
    return {"position": _changed(position, changed), "device": device}


# traccar/traccar, OsmAndProtocolDecoderTest: each is said to hold a position.
OSMAND_POSITIONS = (
    "/?id=902064&lat=42.06288&lon=-88.23412&timestamp=2016-01-27T18%3A55%3A47Z&hdop=6.0&altitude=224.0&speed=0.0",
    "/?id=902064&lat=42.06288&lon=-88.23412&timestamp=1442068686579&hdop=6.0&altitude=224.0&speed=0.0",
    "/?lat=49.60688&lon=6.15788&timestamp=2014-06-04+09%3A10%3A11&altitude=384.7&speed=0.0&id=353861053849681",
    "/?id=123456&timestamp=1377177267&lat=60.0&lon=30.0&speed=0.0&bearing=0.0&altitude=0&hdop=0.0",
    "/?id=123456&timestamp=1377177267&lat=60.0&lon=30.0",
    "/?lat=60.0&lon=30.0&speed=0.0&heading=0.0&vacc=0&hacc=0&altitude=0&deviceid=123456",
    "/?id=861001000719969&lat=41.666667&lon=-0.883333&altitude=350.059479&speed=0.000000&batt=87",
    "/?id=123456&timestamp=1377177267&location=60.0,30.0",
    "/?id=123456789012345&timestamp=1504763810&lat=40.7232948571&lon=-74.0061408571&bearing=7.19889788244&speed=40"
    "&ignition=true&rpm=933&fuel=24",
)
OSMAND_WITHOUT_PLACE = (
    "/?id=123456&timestamp=1377177267&cell=257,02,16,2224&cell=257,02,16,2223,-90&wifi=00-14-22-01-23-45,-80"
)
OSMAND_WITHOUT_ID = "/?timestamp=1377177267&lat=60.0&lon=30.0"
# The same test's JSON of an iPhone's simulator: nothing is known but the place.
CLIENT_SIMULATOR = {
    "location": {
        "extras": {},
        "mock": True,
        "coords": {
            "speed_accuracy": -1,
            "speed": -1,
            "longitude": -122.406417,
            "floor": None,
            "latitude": 37.785834,
            "accuracy": 5,
            "altitude_accuracy": -1,
            "altitude": 0,
            "heading": -1,
        },
        "is_moving": False,
        "event": "motionchange",
        "battery": {"level": -1, "is_charging": False},
        "activity": {"type": "unknown", "confidence": 100},
        "timestamp": "2025-05-09T04:11:30.579Z",
    },
    "device_id": "658765",
}


def payload(message: object) -> bytes:
    return json.dumps(message).encode()


def _changed(message: dict[str, object], changed: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in (message | changed).items() if value is not None}
