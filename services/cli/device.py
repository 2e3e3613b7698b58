"""`tournee device ...`: which bins and trucks may speak to Mosquitto, each with a password of its own."""

import csv
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer
from pydantic import TypeAdapter, ValidationError

from services.city.devices import list_senders
from services.cli.device_names import add_from_list, key_command
from services.cli.device_try import try_command
from services.contracts.devices import KINDS, DeviceTopic
from services.contracts.fields import CityId, Id
from services.edges.doorkeeper import NETWORKS
from services.errors import BrokerAway
from services.settings import broker_settings, settings
from services.store.connection import connect
from services.stream.mqtt_admin import end_session, read_passwords
from services.stream.mqtt_passwords import MqttPasswords, PasswordsRefused, changing

BRIDGE = "bridge"
"""The bridge's login: the only one that reads. A device's has slashes, so none can be called that."""

device_app = typer.Typer(help="Devices: their passwords, and what their messages become.", no_args_is_help=True)
device_app.command("try")(try_command)
device_app.command("key")(key_command)


Kind = StrEnum("Kind", {name.upper(): name for name in (*KINDS, *NETWORKS)})  # type: ignore[misc]


File = Annotated[
    Path, typer.Option("--file", envvar="TOURNEE_DEVICE_FILE", metavar="FILE", help="Mosquitto's password_file.")
]
MaybeFile = Annotated[
    Path | None,
    typer.Option("--file", envvar="TOURNEE_DEVICE_FILE", metavar="FILE", help="Mosquitto's password_file."),
]
City = Annotated[str, typer.Argument(metavar="CITY")]


@device_app.command("add")
def add_command(
    city: City,
    file: MaybeFile = None,
    kind: Annotated[Kind | None, typer.Argument()] = None,
    device: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every truck, and every container with a sensor.")] = False,
    renew: Annotated[bool, typer.Option("--renew", help="Give a new password to those that have one.")] = False,
    out: Annotated[Path | None, typer.Option("--csv", metavar="CSV", help="A new file for the passwords.")] = None,
    listed: Annotated[
        Path | None, typer.Option("--from-chirpstack", metavar="CSV", help="DevEUIs and their containers.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write what --from-chirpstack shows.")] = False,
) -> None:
    """Give devices their passwords, shown this once, or say whose a network's devices are.

    Those that have a password keep it unless --renew.
    """
    if listed is not None:
        if kind is not None or every:
            raise typer.BadParameter("--from-chirpstack names the devices: name none beside it")
        add_from_list(city, listed, apply=apply)
        return
    if file is None:
        raise typer.BadParameter(
            "--file FILE (or TOURNEE_DEVICE_FILE): Mosquitto's password_file. The demo's broker has none, and lets"
            " anybody on this machine in; over HTTP there are keys: tournee device key"
        )
    devices = _asked(city, kind, device, every=every)
    with changing(file) as passwords:
        fresh = [each for each in devices if renew or not passwords.has(each.login)]
        if not every and not fresh:
            raise typer.BadParameter(f"{devices[0].login} has a password; --renew gives it another")
        # Written before the change takes hold: a password that nobody has seen would lock its device out.
        _hand_over([(each, passwords.add(each.login)) for each in fresh], out)
    _tell(f"{len(fresh)} of {len(devices)} devices have a new password", changed=bool(fresh))


@device_app.command("revoke")
def revoke_command(city: City, kind: Kind, device: Annotated[str, typer.Argument(metavar="ID")], file: File) -> None:
    """Take a device's password away: it is thrown out at once, and its session is ended. May be run again."""
    username = _device(city, kind, device).login
    with changing(file) as passwords:
        had_password = passwords.has(username)
        if had_password:
            passwords.remove(username)
    had_session = _silence(username, file)
    if not had_password and not had_session:
        raise PasswordsRefused(f"{username} has no password in {file}, and no session at the broker")
    typer.echo(f"{username} is revoked{', its session is ended' if had_session else ''}", err=True)


@device_app.command("list")
def list_command(file: File, city: Annotated[str | None, typer.Argument(metavar="[CITY]")] = None) -> None:
    """The devices that have a password, one a line. Passwords cannot be shown: only their hashes are kept."""
    for username in MqttPasswords.read(file).usernames():
        if username != BRIDGE and (city is None or username.startswith(f"{city}/")):
            typer.echo(username)


@device_app.command("bridge")
def bridge_command(
    file: File,
    password: Annotated[
        str, typer.Option(envvar="TOURNEE_MQTT_PASSWORD", show_envvar=True, prompt=True, hide_input=True)
    ],
) -> None:
    """Give the bridge the password of TOURNEE_MQTT_PASSWORD. Running it twice changes nothing."""
    with changing(file) as passwords:
        changed = passwords.put(BRIDGE, password)
    _tell("the bridge has a new password" if changed else "the bridge has this password", changed=changed)


def _silence(username: str, file: Path) -> bool:
    """Throw a device out whose password is taken away; whether it held a session, which is ended.

    In this order: until the broker has read the passwords again the device would come back with its own.

    Raises:
        BrokerAway: the broker could not be asked; the message says that it is to be asked again.
    """
    config = broker_settings()
    try:
        read_passwords(config)
        return end_session(config, username)
    except BrokerAway as away:
        raise BrokerAway(
            f"{username} has no password in {file}, but may go on until Mosquitto is told: {away}."
            " See TOURNEE_MQTT_HOST, _PORT, _USERNAME and _PASSWORD, then run this again"
        ) from away


def _asked(city: str, kind: Kind | None, device: str | None, *, every: bool) -> list[DeviceTopic]:
    if every:
        if kind is not None or device is not None:
            raise typer.BadParameter("--all means every device of the city: name none beside it")
        with connect(settings().database_url.get_secret_value(), name="device") as connection:
            return list_senders(connection, city)
    if kind is None or device is None:
        raise typer.BadParameter(f"name one device, CITY {'|'.join(KINDS)} ID, or say --all")
    return [_device(city, kind, device)]


def _device(city: str, kind: Kind, device: str) -> DeviceTopic:
    """The device of these words, which become a level of its topic: wildcards would open others'."""
    try:
        return DeviceTopic(TypeAdapter(CityId).validate_python(city), kind, TypeAdapter(Id).validate_python(device))
    except ValidationError as error:
        fault = error.errors()[0]
        raise typer.BadParameter(f"{fault['input']}: {fault['msg']}") from error


def _hand_over(given: Sequence[tuple[DeviceTopic, str]], out: Path | None) -> None:
    """Passwords to a new file of its owner's alone, or to standard output."""
    if out is None:
        _write_csv(sys.stdout, given)
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}; passwords go into a new file") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        _write_csv(file, given)


def _write_csv(file: TextIO, given: Sequence[tuple[DeviceTopic, str]]) -> None:
    if not given:
        return
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("id", "username", "password"))
    rows.writerows((device.device, device.login, password) for device, password in given)
    file.flush()


def _tell(what: str, *, changed: bool) -> None:
    """On standard error, so that standard output holds nothing but the passwords."""
    typer.echo(what, err=True)
    if changed:
        typer.echo("Mosquitto takes it up on SIGHUP: docker compose exec mqtt kill -HUP 1", err=True)
