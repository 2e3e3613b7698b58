"""What a Docker daemon leaves on a machine when it ends, taken away."""

import subprocess
from pathlib import Path

from infra.stack.process import kill_tree

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
TABLES = ("filter", "nat")


class Firewall:
    """This machine's rules for what it passes on and translates, as they were."""

    def __init__(self) -> None:
        self._forwarding = FORWARDING.read_text()
        self._rules = {table: _rules(table) for table in TABLES}

    def restore(self) -> None:
        """Take away the rules and then the chains that came since, and put the policies back."""
        for table, before in self._rules.items():
            came = [line.split() for line in _rules(table) if line not in before]
            for what, undo in (("-A", "-D"), ("-N", "-X")):
                for action, *rest in came:
                    if action == what:
                        _iptables(table, undo, *rest)
            for line in before:
                if line.startswith("-P"):
                    _iptables(table, *line.split())
        FORWARDING.write_text(self._forwarding)


def _rules(table: str) -> list[str]:
    return _iptables(table, "-S").splitlines()


def _iptables(table: str, *arguments: str) -> str:
    return subprocess.run(
        ["iptables", "-w", "-t", table, *arguments], capture_output=True, text=True, check=True
    ).stdout


def end_processes(folder: Path) -> None:
    """Those that were started with paths below `folder`, and all they have forked: containers without a daemon."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        if any(f"{folder}/" in word for word in words):
            kill_tree(int(path.parent.name))


def remove_bridges(data: Path) -> None:
    """Of the networks of a daemon whose data lie there: they are called by their ids, and its database holds those."""
    database = data / "network/files/local-kv.db"
    known = database.read_bytes() if database.exists() else b""
    for link in Path("/sys/class/net").glob("br-*"):
        if link.name.removeprefix("br-").encode() in known:
            subprocess.run(["ip", "link", "delete", link.name], check=True)


def unmount(folder: Path) -> None:
    """What is mounted below `folder`: layers, and the network of builds."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([place for place in mounted if place.startswith(f"{folder}/")]):
        subprocess.run(["umount", place], check=True)
