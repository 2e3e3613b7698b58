"""Programs of another Debian release, unpacked beside this system and run with their own C library.

Nothing is installed and no right is needed: apt downloads (it checks Debian's signatures), dpkg unpacks, and a small
wrapper runs each program by the bundle's own dynamic loader. So it works alike for root and for anybody else.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.stack.cache import tell
from infra.stack.errors import ServerMissing

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NEEDED = ("apt-get", "dpkg-deb", "dpkg")

WRAPPER = """\
#!/bin/sh
# Run the program of the same name with this bundle's own C library and libraries, wherever the bundle lies.
root=${{0%{path}}}
exec "$root/{loader}" --library-path "$root/usr/lib/{triplet}" --argv0 "$0" "$0.elf" "$@"
"""


def unpack(place: Path, suite: str, packages: Sequence[str], wanted: re.Pattern[str]) -> None:
    """Unpack packages of a Debian suite into `place`, with those they depend on whose name `wanted` matches.

    Raises:
        ServerMissing: this is no Debian, or its mirror does not have them; the message says which step failed.
    """
    for tool in _NEEDED:
        if shutil.which(tool) is None:
            raise ServerMissing(f"{tool} is not here: {', '.join(packages)} can be had on Debian and its like only")
    if not KEYRING.exists():
        raise ServerMissing(f"{KEYRING} is missing, so nothing could be checked: apt install debian-archive-keyring")
    apt = place / "apt"
    options = _apt_options(apt)
    _find_mirror(apt, options, suite)
    names = [name for name in _closure(options, packages) if wanted.match(name)]
    tell(f"Fetching {', '.join(packages)} from Debian {suite} ({len(names)} packages, once) ...")
    _run(["apt-get", *options, "download", *names], apt)
    for package in sorted(apt.glob("*.deb")):
        _run(["dpkg-deb", "--extract", str(package), str(place)], apt)
    shutil.rmtree(apt)


def wrap(place: Path, programs: Path) -> None:
    """Put a wrapper before each program in the folder `programs` (below `place`)."""
    triplet, loader = _loader(place)
    for program in sorted((place / programs).iterdir()):
        if not program.is_file() or program.read_bytes()[:4] != b"\x7fELF":
            continue
        program.rename(program.with_name(f"{program.name}.elf"))
        path = "/" + str(programs / program.name)
        program.write_text(WRAPPER.format(path=path, loader=loader, triplet=triplet))
        program.chmod(0o755)


def _loader(place: Path) -> tuple[str, str]:
    """The multiarch folder of the bundle, and its dynamic loader, by a path relative to the bundle."""
    found = sorted(place.glob("usr/lib/*/ld-linux*.so.*"))
    if not found:
        raise ServerMissing(f"no dynamic loader in {place}: libc6 was not unpacked")
    return found[0].parent.name, str(found[0].relative_to(place))


def _apt_options(apt: Path) -> list[str]:
    """An apt that knows this system's mirrors and proxies and touches nothing of it."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()  # nothing is installed, so dependencies are told in full
    settings = {
        "Dir::State::Lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::sourcelist": apt / "debian.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "root",  # the place is ours alone, apt's own user could not write there
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _find_mirror(apt: Path, options: Sequence[str], suite: str) -> None:
    """Take the first of this machine's own mirrors that has the suite, signed by Debian.

    Raises:
        ServerMissing: none has it.
    """
    told = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"], apt)
    failures = []
    for mirror in dict.fromkeys(told.split()):
        (apt / "debian.sources").write_text(
            f"Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n"
        )
        try:
            _run(["apt-get", *options, "-o", "APT::Update::Error-Mode=any", "update"], apt)
        except ServerMissing as failure:
            failures.append(str(failure))
        else:
            return
    raise ServerMissing(f"none of this machine's apt mirrors has Debian {suite}. {' '.join(failures)}")


def _closure(options: Sequence[str], packages: Sequence[str]) -> list[str]:
    """The packages and all they depend on."""
    told = _run(["apt-get", *options, "install", "--simulate", "--no-install-recommends", *packages], Path("/"))
    return re.findall(r"^Inst (\S+)", told, re.MULTILINE)


def _run(command: Sequence[str], folder: Path) -> str:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        step = " ".join(part for part in command if not part.startswith(("-", "Dir::", "APT::", "Acquire::")))
        raise ServerMissing(f"`{step}` failed: {(run.stderr or run.stdout).strip()[-600:]}")
    return run.stdout
