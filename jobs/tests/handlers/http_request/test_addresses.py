"""Addresses: the public internet, and nothing that stands for an address within a network."""

from ipaddress import ip_address

import pytest

from jobs.handlers.http_request.addresses import (
    AddressRefused,
    checked_addresses,
    is_private,
    is_public,
)

NEVER = [
    "0.0.0.0",
    "10.0.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", NEVER)
def test_no_call_goes_there(text: str) -> None:
    assert not is_public(ip_address(text))
    with pytest.raises(AddressRefused):
        checked_addresses("a.example", 443, allow_private=False, resolve=lambda *_: [text])
    with pytest.raises(AddressRefused):
        checked_addresses(
            "a.example", 443, allow_private=False, resolve=lambda *_: ["8.8.8.8", text]
        )


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111"])
def test_the_public_internet_is_called(text: str) -> None:
    addresses = checked_addresses("a.example", 443, allow_private=False, resolve=lambda *_: [text])
    assert addresses == [ip_address(text)]


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd12::1"])
def test_private_addresses_can_be_opened(text: str) -> None:
    assert is_private(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("169.254.169.254", "100.100.100.200", "192.0.0.192", "0.0.0.0", "fe80::1", "::"),
        *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
        *("fd00:100::100:200", "fd00:a9fe:a9fe::1"),
    ],
)
def test_metadata_and_link_local_addresses_cannot(text: str) -> None:
    with pytest.raises(AddressRefused):
        checked_addresses("a.example", 443, allow_private=True, resolve=lambda *_: [text])
