"""Milesight EM310-UDL: ultrasonic, LoRaWAN."""

from services.edges.decoder import Decoder
from services.edges.decoders import milesight

CHANNELS: milesight.Channels = {
    **milesight.ABOUT,
    **milesight.BATTERY,
    (0x03, 0x82): ("distance", 2),
    (0x04, 0x00): ("position", 1),
}

DECODER = Decoder(
    name="em310-udl",
    models=("EM310-UDL",),
    has_object=lambda fields: "distance" in fields and bool({"battery", "position"} & fields.keys()),
    has_bytes=lambda raw, _port: milesight.fits(raw, CHANNELS),
    unpack=lambda raw, _port, heard: milesight.unpack(raw, heard, CHANNELS),
    read=milesight.read,
)
