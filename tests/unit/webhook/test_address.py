"""Where a webhook may lead: nobody has us open a connection into our own network."""

import ipaddress
import socket

import pytest

from services.webhook.address import AddressRefused, addresses_of, is_outside, read_networks, read_url

INSIDE = (
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.10", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2002:a01:203::1", "2001:db8::1",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101")


@pytest.mark.parametrize("address", INSIDE)
def test_address_of_our_own_network_is_not_outside(address: str) -> None:
    """Loopback, private, link-local (a cloud machine's secrets), multicast; also wrapped into IPv6."""
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_address_of_everybody_is_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/x", "without TLS"),
        ("ftp://example.org/x", "no address of a web server"),
        ("https:///x", "no address of a web server"),
        ("https://example.org:0/", "no address of a web server"),
        ("https://example.org:99999/", "no address"),
        ("https://awa:secret@example.org/", "a login"),
        ("https://example.org/#part", "a login or a #fragment"),
        ("https://exämple.org/", "ASCII"),
        ("https://example.org/a b", "ASCII"),
        ("https://example.org/\r\nX: y", "ASCII"),
        ("https://example.org/" + "a" * 2000, "at most 2000"),
    ],
)
def test_address_that_is_none_is_refused_in_words(url: str, said: str) -> None:
    with pytest.raises(AddressRefused, match=said) as refused:
        read_url(url, plain_http=False)
    assert "secret" not in str(refused.value)


def test_plain_http_is_taken_where_it_was_asked_for() -> None:
    assert read_url("http://example.org:8080/x", plain_http=True).port == 8080


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://2130706433/", "https://0x7f.1/"]
)
def test_name_that_leads_to_us_is_refused(url: str) -> None:
    """However it is written: what counts is where the name leads."""
    with pytest.raises(AddressRefused, match=r"not outside|leads nowhere"):
        addresses_of(read_url(url, plain_http=False), ())


def test_name_with_one_address_outside_and_one_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the name may have both: which one is taken would be chance."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    at = read_url("https://both.example.org/", plain_http=False)
    with pytest.raises(AddressRefused, match=r"both.example.org leads to 10.0.0.5"):
        addresses_of(at, ())
    assert addresses_of(at, read_networks("10.0.0.0/24")) == ["1.1.1.1", "10.0.0.5"]


def test_networks_of_our_own_are_let_in_by_a_setting_alone() -> None:
    at = read_url("https://127.0.0.1:8443/", plain_http=False)
    assert addresses_of(at, read_networks("10.0.0.0/8, 127.0.0.1/32")) == ["127.0.0.1"]
    assert read_networks("none") == ()
    with pytest.raises(AddressRefused, match="TOURNEE_WEBHOOK_NETWORKS"):
        read_networks("10.0.0.1/8, everything")


def test_name_that_nobody_has_is_told_as_such() -> None:
    with pytest.raises(AddressRefused, match="leads nowhere"):
        addresses_of(read_url("https://nobody.invalid/", plain_http=False), ())
