"""How many commands Redis has carried out, those of scripts included."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from jobs.core.conf import jobs_conf

# What the count itself asks.
OWN = {"cmdstat_info", "cmdstat_config|resetstat", "cmdstat_client|setinfo", "cmdstat_hello"}


class Commands:
    """Counts by name; `total` is their sum."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@contextmanager
def counted_commands() -> Iterator[Commands]:
    """Counts the commands of every client while the block runs; complete at its end."""
    commands = Commands()
    with redis.Redis.from_url(jobs_conf().redis_url, decode_responses=True) as client:
        client.config_resetstat()
        yield commands
        commands.counts = {
            name: stats["calls"]
            for name, stats in client.info("commandstats").items()
            if name not in OWN
        }
