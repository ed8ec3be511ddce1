"""Several servers in DATABASE_URL: the one that was used last is the first to be tried.

The driver tries them in their order, and a new session would wait for each dead one before it.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

_last_used: tuple[str, int] | None = None


def has_several(params: Mapping[str, Any]) -> bool:
    """Whether these parameters of a connection name more than one server."""
    return "," in (params.get("host") or "")


def note_used(raw: "Connection[Any]") -> None:
    """This session was accepted: its server is the primary."""
    global _last_used
    _last_used = raw.info.host, raw.info.port


def first_the_last_used(params: dict[str, Any]) -> dict[str, Any]:
    """The same parameters, with that server in front; all of them are still tried."""
    if _last_used is None or not has_several(params) or params.get("hostaddr"):
        return params
    hosts = str(params["host"]).split(",")
    ports = str(params.get("port") or "").split(",")
    if len(ports) not in (1, len(hosts)):
        return params  # the driver says what is wrong with them
    servers = list(zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=True))
    servers.sort(key=lambda one: (one[0], int(one[1] or 5432)) != _last_used)  # keeps the others
    return {
        **params,
        "host": ",".join(host for host, _ in servers),
        "port": ",".join(port for _, port in servers),
    }
