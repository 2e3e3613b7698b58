"""Dragino LDDS75: ultrasonic, LoRaWAN; its decoders write numbers with and without units."""

from services.edges.decoder import Decoder
from services.edges.decoders import dragino

DECODER = Decoder(
    name="ldds75",
    models=("LDDS75", "LDDS45"),
    has_object=dragino.has_object,
    has_bytes=dragino.has_bytes,
    unpack=lambda raw, port, _heard: dragino.unpack(raw, port, "LDDS75"),
    read=dragino.read,
)
