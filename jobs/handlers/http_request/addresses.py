"""Which IP addresses a call may go to: those of the public internet, and no others.

The networks are written out, because what Python's `is_private` and `is_global` say has changed
between its versions.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from jobs.core.errors import PermanentError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_NEVER_PUBLIC = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux takes 0.0.0.0 for the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; 100.100.100.200 is a metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a platform service of a cloud, at a public address
        "169.254.0.0/16",  # link-local; 169.254.169.254 is the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
]

# All that is allocated to the public internet is in here, and so nothing else has to be named:
# loopback, unspecified, IPv4-mapped, NAT64, unique local, link-local, site-local, multicast.
_PUBLIC_6 = IPv6Network("2000::/3")
_NEVER_PUBLIC_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, with Teredo, which carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",
    )
]

# What `JOBS_HTTP_PRIVATE_HOSTS` opens for the hosts that it names; never link-local addresses.
_PRIVATE = [
    ip_network(text) for text in ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
_PRIVATE_6 = [IPv6Network("::1/128"), IPv6Network("fc00::/7")]
# Services of clouds within the unique local addresses, which know the credentials of the machine.
_METADATA_6 = [
    IPv6Network(text)
    for text in (
        "fd00:ec2::/32",  # AWS
        "fd20:ce::254/128",  # Google
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fd00:42::42/128",  # Scaleway
        "fd00:100::100:200/128",  # Alibaba
        "fd00:a9fe:a9fe::1/128",  # Akamai
    )
]


class AddressRefused(PermanentError):
    """A host has an address that no call may go to."""


def is_public(address: Address) -> bool:
    """Whether it belongs to the public internet, and stands for no address within it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NEVER_PUBLIC)
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in network for network in _NEVER_PUBLIC_6)


def is_private(address: Address) -> bool:
    """Whether it is a loopback address, or one of a private network, and no metadata service."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _PRIVATE)
    if address.scope_id is not None or any(address in network for network in _METADATA_6):
        return False
    return any(address in network for network in _PRIVATE_6)


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, in the order of the system's preference; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    host: str, port: int, *, allow_private: bool, resolve: Resolve = resolve
) -> list[Address]:
    """The addresses of the host to connect to: they are resolved once, and are not asked for again.

    Raises AddressRefused if one of them is not allowed: a host that names any such address is not
    to be trusted with the others. Raises OSError if the host cannot be resolved.
    """
    addresses = [ip_address(text) for text in resolve(host, port)]
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        if not (is_public(address) or (allow_private and is_private(address))):
            raise AddressRefused(
                f"{host} has the address {address}, which is not of the public internet; no call "
                "goes there"
            )
    return addresses
