"""Where a request comes from, as far as that can be known."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# What one customer of a network gets: who has one address of it has them all.
IPV6_PREFIX = 64

_LONGEST = 64  # no address is longer; what is no address is cut there


def client_address(request: HttpRequest) -> str:
    """The address of the client, which is an IPv6 user's whole /64.

    `X-Forwarded-For` is believed as far as TRUSTED_PROXIES have written it.
    """
    return _normalized(_sent_from(request))


def _sent_from(request: HttpRequest) -> str:
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies or forwarded is None:
        return str(request.META.get("REMOTE_ADDR", ""))
    addresses = str(forwarded).split(",")
    return addresses[-min(proxies, len(addresses))]


def _normalized(text: str) -> str:
    try:
        address = ip_address(_without_port(text.strip()).partition("%")[0])
    except ValueError:
        return text.strip()[:_LONGEST]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
