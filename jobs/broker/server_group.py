"""URLs of several Redis servers of which one is the primary: Sentinel, and Redis Cluster."""

from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlencode

SENTINEL_PORT = 26379
CLUSTER_PORT = 6379
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")
# Of the query: what is said to the Sentinels, and not to the servers.
_OF_SENTINELS = {"sentinel_username": "username", "sentinel_password": "password"}

Address = tuple[str, int]


class ServerGroup(NamedTuple):
    """Servers that say where the primary is.

    `seeds`: whom to ask. `service`: the name of the primary at the Sentinels; empty for a cluster.
    `seed_options`: how they are asked. `member_url`: how the primary is connected to, as a URL of
    the first seed, whose address is not used.
    """

    seeds: tuple[Address, ...]
    service: str
    seed_options: dict[str, str]
    member_url: str


def server_group(url: str) -> ServerGroup | None:
    """What the URL names; None for the URL of a single server.

    `redis+sentinel://user:password@host:26379,host:26379/service/0?sentinel_password=...` or
    `redis+cluster://user:password@host:6379,host:6379`; with `rediss+` both use TLS. Its syntax is
    checked at the start (scheduler/server_urls.py).
    """
    scheme, _, rest = url.partition("://")
    if scheme not in SENTINEL_SCHEMES + CLUSTER_SCHEMES:
        return None
    is_sentinel = scheme in SENTINEL_SCHEMES
    before_query, _, query = rest.partition("?")
    authority, _, path = before_query.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    seeds = tuple(_address(one, is_sentinel=is_sentinel) for one in hosts.split(","))
    service, _, number = path.strip("/").partition("/") if is_sentinel else ("", "", "0")
    options = {name: values[0] for name, values in parse_qs(query).items()}
    seed_options = {
        known: options.pop(name) for name, known in _OF_SENTINELS.items() if name in options
    }
    query = f"?{urlencode(options)}" if options else ""
    scheme_of_one, first = scheme.partition("+")[0], hosts.split(",")[0]
    member_url = f"{scheme_of_one}://{credentials}{at}{first}/{number or 0}{query}"
    return ServerGroup(seeds, unquote(service), seed_options, member_url)


def is_cluster(url: str) -> bool:
    """Whether it is the URL of a Redis Cluster."""
    return url.partition("://")[0] in CLUSTER_SCHEMES


def _address(text: str, *, is_sentinel: bool) -> Address:
    host, port = text, ""
    if not text.endswith("]") and ":" in text:
        host, _, port = text.rpartition(":")
    default = SENTINEL_PORT if is_sentinel else CLUSTER_PORT
    return host.strip("[]"), int(port) if port else default
