"""Where a call goes: a URL that is written in the one plain way, to a host that is allowed."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import urlsplit

from jobs.core.conf import JobsConf
from jobs.core.http_hosts import URL_MAX, allows_host

_DEFAULT_PORTS = {"https": 443, "http": 80}
# What may be in a URL as it is (RFC 3986). Python's parser drops line breaks and tabs without a
# word, and others read a backslash as a slash.
_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
# The last label of what a parser somewhere takes for an IPv4 address: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")


class TargetRefused(ValueError):
    """The URL may not be called; the sentence says why, and what to do."""


class Target(NamedTuple):
    """Where to connect to and what to ask for. `host` is in lower case, an IPv6 one bare."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL without path and query, which may be secret: for messages."""
        return f"{self.scheme}://{self.host_header}"


def parse_target(url: str) -> Target:
    """The target of a URL, whoever may call it; raises TargetRefused."""
    if len(url) > URL_MAX:
        raise TargetRefused(f"A URL has {URL_MAX} characters at most.")
    if not _URL.fullmatch(url):
        raise TargetRefused(
            "Write the URL in ASCII without spaces: percent-encode other characters, and name an "
            "international host by its ASCII form (xn--...)."
        )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise TargetRefused("This is no URL: https://service.example.com/path.") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        raise TargetRefused("Give an https URL with a host: https://service.example.com/path.")
    if "@" in parts.netloc:
        raise TargetRefused(
            "A URL must not carry a user name or password; send them in secret_headers."
        )
    host, port = _host_and_port(parts.netloc, parts.scheme)
    path = parts.path or "/"
    return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def allowed_target(url: str, conf: JobsConf) -> Target:
    """The target of a URL that the settings allow; raises TargetRefused."""
    target = parse_target(url)
    if not conf.http_allowed_hosts:
        raise TargetRefused(
            "This server makes no HTTP calls. Ask its operator to name the host "
            "(JOBS_HTTP_ALLOWED_HOSTS)."
        )
    if not allows_host(conf.http_allowed_hosts, target.host):
        raise TargetRefused(
            f"This server does not call {target.host}. Ask its operator to name the host "
            "(JOBS_HTTP_ALLOWED_HOSTS)."
        )
    if str(target.port) not in conf.http_allowed_ports:
        raise TargetRefused(
            f"This server does not call port {target.port}; it calls "
            f"{', '.join(conf.http_allowed_ports)} (JOBS_HTTP_ALLOWED_PORTS)."
        )
    return target


def _host_and_port(netloc: str, scheme: str) -> tuple[str, int]:
    if netloc.startswith("["):
        text, closed, rest = netloc[1:].partition("]")
        host = _ipv6(text) if closed else ""
    else:
        text, _, rest = netloc.partition(":")
        rest = netloc[len(text) :]
        host = _name(text.lower())
    if not host or (rest and not rest.startswith(":")):
        raise TargetRefused("The host of this URL is not a name, nor an IP address in plain form.")
    port = rest[1:]
    if not rest:
        return host, _DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65_535:
        raise TargetRefused("The port of this URL is not a number from 1 to 65535.")
    return host, int(port)


def _name(text: str) -> str:
    """The name, or the IPv4 address in its one plain spelling; empty if it is neither."""
    if len(text) > 253 or not _NAME.fullmatch(text):
        return ""
    if not _NUMBER.fullmatch(text.rpartition(".")[2]):
        return text
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return ""


def _ipv6(text: str) -> str:
    try:
        return "" if "%" in text else str(IPv6Address(text))
    except AddressValueError:
        return ""
