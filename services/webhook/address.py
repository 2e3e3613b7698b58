"""Where a webhook may lead: to the outside, over TLS, and not into a network that only we can reach.

Whoever names an address has us open connections for them (server-side request forgery). So the address that a name
leads to is looked at, at every try, and the connection goes to that very address: a name that leads elsewhere a moment
later changes nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from services.errors import TourneeError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_CHARACTERS = 2000
NO_NETWORK = "none"
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
PORTS = {"https": 443, "http": 80}


class AddressRefused(TourneeError):
    """A webhook's address leads nowhere, or where it may not; the message says which and what would do."""


def read_url(url: str, *, plain_http: bool) -> SplitResult:
    """A webhook's address, taken apart.

    Raises:
        AddressRefused: it is none, or without TLS and that was not asked for.
    """
    if len(url) > MOST_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(f"the address has to be at most {MOST_CHARACTERS} printable ASCII characters, no spaces")
    try:
        at = urlsplit(url)
        port = at.port
    except ValueError as error:
        raise AddressRefused(f"{url} is no address: {error}") from error
    if at.scheme not in PORTS or not at.hostname or port == 0:
        raise AddressRefused(f"{url} is no address of a web server: expected https://HOST/PATH")
    if at.scheme == "http" and not plain_http:
        raise AddressRefused(f"{url} is without TLS, so anybody on the way reads it: https://, or --http if it must be")
    if at.username is not None or at.password is not None or at.fragment:
        raise AddressRefused(f"an address of {at.hostname} with a login or a #fragment: the signature says who sends")
    return at


def is_loopback(url: str) -> bool:
    """Whether an address names this very machine: nobody is on the way there."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def port_of(at: SplitResult) -> int:
    return at.port or PORTS[at.scheme]


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks of our own that webhooks may lead into, by commas: `10.2.0.0/16, 127.0.0.1/32`; or `none`.

    Raises:
        AddressRefused: one is no network.
    """
    if text.strip() == NO_NETWORK:
        return ()
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise AddressRefused(f"TOURNEE_WEBHOOK_NETWORKS: {error}; expected like 10.2.0.0/16, 127.0.0.1/32") from error


def is_outside(address: Address) -> bool:
    """Whether an address is everybody's: not loopback, private, link-local (cloud machines' secrets), multicast."""
    inner = _within(address)
    if inner is not None:
        return is_outside(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _within(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one leads to, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None


def addresses_of(at: SplitResult, networks: Sequence[Network]) -> list[str]:
    """Where its name leads now, in the order in which to try them.

    Raises:
        AddressRefused: nowhere, or one of them is not outside and in none of `networks`.
    """
    host = str(at.hostname)
    try:
        found = socket.getaddrinfo(host, port_of(at), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"the name {host} leads nowhere: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        allowed = (address, _within(address) or address)
        if not is_outside(address) and not any(each in network for each in allowed for network in networks):
            raise AddressRefused(
                f"{host} leads to {address}, which is not outside: TOURNEE_WEBHOOK_NETWORKS allows more"
            )
    return addresses
