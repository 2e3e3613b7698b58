"""Milesight EM400-MUD, and with it EM400-UDL and EM400-TLD (laser), which send the same channels."""

from services.edges.decoder import Decoder
from services.edges.decoders import milesight

CHANNELS: milesight.Channels = {
    **milesight.ABOUT,
    **milesight.BATTERY,
    (0x03, 0x67): ("temperature", 2),
    (0x04, 0x82): ("distance", 2),
    (0x05, 0x00): ("position", 1),
    (0x06, 0x88): ("location", 9),  # NB-IoT alone; where a container stands is the city folder's affair
    (0x83, 0x67): ("temperature_alarm", 3),
    (0x84, 0x82): ("distance_alarm", 3),
}

DECODER = Decoder(
    name="em400-mud",
    models=("EM400-MUD", "EM400-UDL", "EM400-TLD"),
    has_object=lambda fields: (
        "distance_alarm" in fields
        or "temperature_alarm" in fields
        or ("distance" in fields and "temperature" in fields and "filllevel" not in fields)
    ),
    has_bytes=lambda raw, _port: milesight.fits(raw, CHANNELS),
    unpack=lambda raw, _port, heard: milesight.unpack(raw, heard, CHANNELS),
    read=milesight.read,
)
