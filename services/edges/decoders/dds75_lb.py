"""Dragino DDS75-LB and DDS45-LB, the successors of LDDS75: they keep a log, and replay it when they are asked."""

from services.edges.decoder import Decoder
from services.edges.decoders import dragino
from services.edges.values import Object


def _has_object(fields: Object) -> bool:
    is_named = str(fields.get("Node_type", fields.get("SENSOR_MODEL", ""))).startswith("DDS")
    return is_named or ("Sensor_flag" in fields and "Node_type" not in fields and dragino.has_object(fields))


DECODER = Decoder(
    name="dds75-lb",
    models=("DDS75-LB", "DDS75-LS", "DDS45-LB", "DDS45-LS"),
    has_object=_has_object,
    has_bytes=dragino.has_bytes,
    unpack=lambda raw, port, _heard: dragino.unpack(raw, port, "DDS75-LB"),
    read=dragino.read,
)
