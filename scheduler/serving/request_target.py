"""The request target (RFC 9112, 3.2): which of its four forms it has, and what is asked of whom."""

import re
from typing import NamedTuple

from scheduler.http.problems import Problem

# `OPTIONS *` asks about the server and not about a path of it.
ASTERISK = b"*"

# A scheme and two slashes. gunicorn lets no other target through that does not begin with a slash.
_ABSOLUTE = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
# As Django reads a Host. Without a user: RFC 9110, 4.2.4 has one taken for an error.
_AUTHORITY = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f.:]+\])(:[0-9]{0,5})?")
# What is called may have come over TLS to a proxy: which of them it was, Django alone decides.
_SCHEMES = (b"http", b"https")

_NO_URL = Problem(
    400,
    "bad_request",
    "The request target is no URL of a server: send the path and the query, or a URL of http:// or "
    "https:// with a host, and without a user and a fragment.",
)
_NO_HOST = Problem(400, "bad_request", "Send one header Host, with the name of the server.")
_NO_TUNNEL = Problem(501, "connect_not_supported", "This is no proxy: it opens no tunnel.")


class TargetRefused(Exception):
    """The server does not take this target; `problem` says what to send."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Target(NamedTuple):
    """What is asked for: the path with its query, or ASTERISK; and of which host, where it says."""

    path: bytes
    host: bytes | None


def read_target(method: bytes, target: bytes) -> Target:
    """What the target asks for. Raises TargetRefused."""
    if method == b"CONNECT":
        raise TargetRefused(_NO_TUNNEL)
    if target.startswith(b"/") or target == ASTERISK:
        return Target(target, None)
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise TargetRefused(_NO_URL)
    scheme, authority, rest = match.groups()
    if scheme.lower() not in _SCHEMES or not _AUTHORITY.fullmatch(authority) or b"#" in rest:
        raise TargetRefused(_NO_URL)
    if not rest and method == b"OPTIONS":
        return Target(ASTERISK, authority)
    return Target(rest if rest.startswith(b"/") else b"/" + rest, authority)


def check_host(version: tuple[int, int], headers: list[tuple[bytes, bytes]]) -> None:
    """Raises TargetRefused for a request that has to say which host it is for, and does not."""
    if version >= (1, 1) and not any(name == b"host" for name, _ in headers):
        raise TargetRefused(_NO_HOST)
