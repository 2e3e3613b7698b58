"""Which decoder reads a message, and the message read with it: from the network's object, else from the bytes."""

import importlib.util
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from services.edges.decoder import Decoder
from services.edges.decoders import dds75_lb, dl_mbx, em310_udl, em400_mud, ldds75
from services.edges.heard import MISSING, Heard, Refused
from services.edges.mending import LeftAside
from services.edges.values import Fields, Object
from services.errors import SettingMissing

DECODERS: tuple[Decoder, ...] = (
    dl_mbx.DECODER,
    dds75_lb.DECODER,
    ldds75.DECODER,
    em400_mud.DECODER,
    em310_udl.DECODER,
)
"""Those of ours. Where several take an object or bytes for their own, the first does."""

SLIPS = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""What a decoder may raise at bytes that its author has not thought of."""


def with_own(files: Sequence[Path]) -> tuple[Decoder, ...]:
    """Ours after the city's own, each file of which has a `DECODER`.

    Raises:
        SettingMissing: a file that cannot be read, has no decoder, or that others than its owner may write.
    """
    return (*map(_load, files), *DECODERS)


def named(decoders: Sequence[Decoder], name: str) -> Decoder | None:
    """The decoder of this name or model; capitals and dashes do not matter."""
    return next((each for each in decoders if each.is_named(name)), None)


def read_sensor(
    heard: Heard,
    decoders: Sequence[Decoder],
    *,
    decoded: Object | None,
    raw: bytes | None,
    port: int | None,
    profile: str = "",
    within: str = "object.",
) -> None:
    """Put what the sensor says into `heard`.

    Args:
        heard: where it goes.
        decoders: those that may read it; one alone where the sensor is known.
        decoded: what the network's decoder made of it, where it has one.
        raw: the bytes that the sensor sent, where they are there.
        port: LoRaWAN's, which some sensors tell kinds of messages by.
        profile: what the network calls the device's model.
        within: how the fields of `decoded` are told.

    Raises:
        Refused: nobody can read it, or there is no distance that counts.
    """
    decoder = _choose(decoders, decoded, raw, port, profile)
    heard.decoder = decoder.name
    if decoded is None:
        _from_bytes(heard, decoder, raw, port)
        return
    try:
        _read(decoder, Fields(decoded, heard, within))
    except Refused as refused:
        if raw is None:
            raise
        _from_bytes_instead(heard, decoder, raw, port, refused)


def _choose(
    decoders: Sequence[Decoder], decoded: Object | None, raw: bytes | None, port: int | None, profile: str
) -> Decoder:
    if len(decoders) == 1:
        return decoders[0]
    by_profile = [each for each in decoders if profile and each.is_named(profile)]
    if decoded is not None:
        # Of those that its profile names first: where one of them takes the object for its own, no other is asked.
        for each in (*by_profile, *decoders):
            if each.has_object(decoded):
                return each
    if by_profile:
        return by_profile[0]
    if found := [each for each in decoders if raw is not None and each.has_bytes(raw, port)]:
        return found[0]
    known = ", ".join(each.name for each in decoders)
    if decoded is not None:
        raise Refused("object", dict(decoded), f"the fields of a known sensor ({known})")
    if raw is not None:
        raise Refused("data", raw.hex(), f"the bytes of a known sensor ({known}), or a profile named after it")
    raise Refused("object, data", MISSING, "what the sensor said, decoded or as bytes")


def _from_bytes(heard: Heard, decoder: Decoder, raw: bytes | None, port: int | None) -> None:
    if not raw:
        raise Refused("data", MISSING if raw is None else "", "what the sensor said, decoded or as bytes")
    try:
        fields = decoder.unpack(raw, port, heard)
    except SLIPS as slip:
        raise Refused(
            "data", raw.hex(), f"bytes that {decoder.name} can read ({type(slip).__name__}: {slip})"
        ) from slip
    _read(decoder, Fields(fields, heard, "data."))


def _from_bytes_instead(heard: Heard, decoder: Decoder, raw: bytes, port: int | None, refused: Refused) -> None:
    """What the network's decoder made cannot be used: the bytes may say it all the same.

    Raises:
        Refused: they do not either; the object's fault is told.
    """
    again = Heard()
    try:
        _from_bytes(again, decoder, raw, port)
    except Refused:
        raise refused from None
    field, _, told = str(refused).partition(": ")
    heard.dropped.append(LeftAside(field, f"{told}; taken from the bytes"))
    heard.dropped.extend(again.dropped)
    heard.alarms = again.alarms
    heard.distance_mm, heard.battery_ratio = again.distance_mm, again.battery_ratio
    heard.temperature_c = again.temperature_c


def _read(decoder: Decoder, fields: Fields) -> None:
    try:
        decoder.read(fields)
    except SLIPS as slip:
        told = f"fields that {decoder.name} can read ({type(slip).__name__}: {slip})"
        raise Refused(fields.within.rstrip(".") or "object", dict(fields.fields), told) from slip


def _load(file: Path) -> Decoder:
    """A decoder of the city's own: it runs with our rights, so nobody but its owner may write it."""
    try:
        found = file.stat()
    except OSError as error:
        raise SettingMissing(f"TOURNEE_DECODERS: {file}: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingMissing(f"TOURNEE_DECODERS: {file} has to be a file that its owner alone may write: chmod go-w")
    if found.st_uid not in {0, os.geteuid()}:
        raise SettingMissing(f"TOURNEE_DECODERS: {file} has to belong to root or to the user of this service")
    spec = importlib.util.spec_from_file_location(f"tournee_decoder_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise SettingMissing(f"TOURNEE_DECODERS: {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (*SLIPS, ImportError, SyntaxError) as error:
        raise SettingMissing(f"TOURNEE_DECODERS: {file}: {type(error).__name__}: {error}") from error
    decoder = getattr(module, "DECODER", None)
    if not isinstance(decoder, Decoder):
        raise SettingMissing(f"TOURNEE_DECODERS: {file} has no DECODER: see docs/devices.md")
    return decoder
