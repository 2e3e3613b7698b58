"""The profile of one kind of vehicle, as OSRM reads it: a few lines over our Lua files over OSRM's own."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from services.roads.osm.errors import EngineMissing
from services.roads.roads import RoadVehicle

OURS = Path(__file__).parent / "profiles"


def osrm_folder() -> Path:
    """Where the wheel keeps its programs and profiles.

    Raises:
        EngineMissing: OSRM is not installed.
    """
    spec = find_spec("osrm")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    if folder is None or not (folder / "bin").is_dir():
        raise EngineMissing("osrm-bindings is not installed: pip install 'tournee[roads]' (Python 3.12 or later)")
    return folder


def profile_text(vehicle: RoadVehicle) -> str:
    """The generated `profile.lua`; it names folders of this machine, so it is no part of the graph's key."""
    paths = ";".join(f"{folder}/?.lua" for folder in (OURS, osrm_folder() / "share" / "profiles"))
    return (
        f"package.path = {_quoted(paths + ';')} .. package.path\n"
        f'return require("{vehicle.profile}")({{ height_m = {vehicle.height_m}, width_m = {vehicle.width_m}, '
        f"length_m = {vehicle.length_m}, weight_kg = {vehicle.weight_kg} }})\n"
    )


def profiles_hash() -> str:
    """Changes with our Lua files, so that graphs of an older rule are built anew."""
    digest = hashlib.sha256()
    for file in sorted(OURS.glob("*.lua")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _quoted(text: str) -> str:
    """A Lua string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
