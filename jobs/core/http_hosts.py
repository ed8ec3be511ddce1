"""Hosts as the settings of `http_request` name them: `api.example.com`, and `*.example.com`."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

URL_MAX = 2_048  # characters

_NAME = re.compile(r"(\*\.)?(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def is_host_pattern(text: str) -> bool:
    """Whether the text names a host, or all hosts below a domain of at least two labels."""
    if _is_address(text):
        return True
    if not _NAME.fullmatch(text):
        return False
    return not text.startswith("*.") or text.count(".") >= 2


def is_host(text: str) -> bool:
    """Whether the text names one host."""
    return is_host_pattern(text) and not text.startswith("*.")


def allows_host(patterns: Iterable[str], host: str) -> bool:
    """Whether one of the patterns names the host; `*.example.com` does not name `example.com`."""
    return any(
        host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
        for pattern in patterns
    )


def _is_address(text: str) -> bool:
    try:
        return str(ip_address(text)) == text
    except ValueError:
        return False
