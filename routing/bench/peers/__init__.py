"""The peers: who they are, what they need, and where their models are. Only modules of this folder import them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from routing.bench.answer import Contestant


@dataclass(frozen=True, slots=True)
class Peer:
    """`package` is what pip calls it. `side_by_side` runs use a core each and the better plan counts."""

    name: str
    package: str
    module: str
    side_by_side: int = 1


PEERS = {
    peer.name: peer
    for peer in (
        Peer("pyvrp", "pyvrp", "pyvrp_peer", side_by_side=2),
        Peer("vroom", "pyvroom", "vroom_peer"),
        Peer("ortools", "ortools", "ortools_peer"),
    )
}


def peer_version(peer: Peer) -> str | None:
    """Return the installed version, None where the package is missing."""
    try:
        return version(peer.package)
    except PackageNotFoundError:
        return None


def peer_contestant(name: str) -> Contestant:
    """Import a peer's model. Raises `ImportError` when its package is not installed."""
    contestant: Contestant = import_module(f"routing.bench.peers.{PEERS[name].module}").solve
    return contestant
