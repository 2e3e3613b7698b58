"""What Dragino's distance sensors have in common.

After dragino/dragino-end-node-decoder, LDDS75 and DDS75-LB: the decoders for The Things Network and ChirpStack.
"""

from services.edges.decoder import DISTANCE, take_distance, take_volts
from services.edges.heard import MISSING, NotAReading, Refused
from services.edges.values import Fields, Object

EMPTY_V, FULL_V = 2.5, 3.6
"""Of its lithium cell, by the makers' manual; linear between them is assumed."""
NO_SENSOR_MM, TOO_NEAR_MM = 0, 20
"""Since firmware 1.1.4: 0 where the probe is not there, 20 in place of all that is nearer than it can hear (280 mm)."""
NOW_PORT, ABOUT_PORT, LOG_PORT, DETECT_PORT = 2, 5, 3, 6
BURST_BIT = 0x10
"""Of the first byte: what follows are several distances, and none of now."""


def unpack(raw: bytes, port: int | None, node_type: str) -> dict[str, object]:
    """The 8 bytes that these sensors send of now, or the 5 of the oldest firmware."""
    if port == LOG_PORT:
        return {"Node_type": node_type, "DATALOG": raw.hex()}
    if port == ABOUT_PORT:
        return {"SENSOR_MODEL": raw.hex()}
    if port == DETECT_PORT:
        return {"Node_type": node_type, "Detect_Mode_Data": raw.hex()}
    if len(raw) >= 8 and raw[0] & BURST_BIT:
        distances = [int.from_bytes(raw[at : at + 2], "big") for at in range(8, min(len(raw) - 1, 48), 2)]
        return {"Bat": (int.from_bytes(raw[:2], "big") & 0x0FFF) / 1000, "Additional_Distance_Data": distances}
    if len(raw) not in {5, 8}:
        raise Refused("data", raw.hex(), "8 bytes (5 of old firmware) of a Dragino distance sensor")
    found: dict[str, object] = {
        "Node_type": node_type,
        "Bat": (int.from_bytes(raw[:2], "big") & 0x3FFF) / 1000,
        "Distance": int.from_bytes(raw[2:4], "big"),
    }
    if len(raw) == 5:
        return found | {"Interrupt_status": raw[4]}
    return found | {
        "Interrupt_flag": raw[4],
        "TempC_DS18B20": f"{int.from_bytes(raw[5:7], 'big', signed=True) / 10:.2f}",
        "Sensor_flag": raw[7],
    }


def has_bytes(raw: bytes, port: int | None) -> bool:
    """By its port, its length, and a battery of a voltage that there is."""
    if port in {LOG_PORT, ABOUT_PORT} and len(raw) > 0:
        return len(raw) % 11 == 0 if port == LOG_PORT else len(raw) == 7 and raw[0] in {0x16, 0x27}
    plausible = 1500 <= (int.from_bytes(raw[:2], "big") & 0x3FFF) <= 4500
    return port in {NOW_PORT, None} and len(raw) in {5, 8} and plausible


def read(fields: Fields) -> None:
    """Battery, and the distance of now. The temperature is that of a probe that bins do not have.

    Raises:
        Refused: a message of something else than now, or no distance that was measured.
    """
    told = fields.fields
    take_volts(fields, "Bat", empty=EMPTY_V, full=FULL_V)
    if "SENSOR_MODEL" in told:
        raise NotAReading(f"{fields.within}Distance", MISSING, "one: this tells of the sensor itself (port 5)")
    for replayed in ("DATALOG", "Datalog", "Detect_Mode_Data"):
        if replayed in told:
            raise NotAReading(
                fields.within + replayed, told[replayed], "a reading of now: a log of the past is not counted again"
            )
    if told.get("Distance") is None and "Additional_Distance_Data" in told:
        raise Refused(f"{fields.within}Distance", MISSING, "one: Additional_Distance_Data says of no value when it was")
    take_distance(fields, "Distance")
    if fields.heard.distance_mm == TOO_NEAR_MM:
        raise Refused(
            f"{fields.within}Distance", told["Distance"], f"{DISTANCE}; 20 stands for nearer than it can hear"
        )


def has_object(fields: Object) -> bool:
    """By the keys of its decoders."""
    signs = {"DATALOG", "Detect_Mode_Data", "Additional_Distance_Data"}
    return ("Distance" in fields and "Bat" in fields) or bool(signs & fields.keys())
