"""A primary, its replicas, and Sentinels that watch them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.errors import ToolError
from tools.servers.certificates import Certificates
from tools.servers.valkey_groups.group import DOWN_AFTER_MS, ValkeyGroup, wait_for
from tools.servers.valkey_groups.member import Member, RememberingMember, lines

SENTINELS = 3
SERVICE = "primary"

# Milliseconds after which a Sentinel asks a server for its role again, and tells the others what it
# knows; 10,000 and 2,000 otherwise. A server with a wrong role is told its own after four times the
# second: a former primary would take writes for eight seconds.
PERIODS = {"INFO-PERIOD": 500, "PUBLISH-PERIOD": 250}
# No failover follows another one within twice this time.
FAILOVER_TIMEOUT_MS = 2_000


class Sentinel(RememberingMember):
    """Watches a primary, and with the others makes a replica the primary when that is gone."""

    name = "Sentinel"

    def configuration(self) -> bytes:
        own: dict[str, object] = {"bind": "127.0.0.1", "port": self.port}
        own["requirepass"] = self.password
        return lines({**own, "sentinel sentinel-pass": self.password, **self.options})

    def command(self) -> Sequence[str]:
        return [*super().command(), "--sentinel"]

    def complete(self) -> None:
        """Its periods are no part of a configuration: it is told them at each start."""
        super().complete()
        self.order("SENTINEL DEBUG", *(word for pair in PERIODS.items() for word in pair))

    @property
    def watched(self) -> Mapping[str, Any]:
        """What it knows of the primary; empty while it does not answer."""
        found: Mapping[str, Any] = self._told("SENTINEL MASTERS").get(SERVICE, {})
        return found


class SentinelGroup(ValkeyGroup):
    """A primary, two replicas, and three Sentinels; all of them have passwords."""

    def __init__(self, home: Path, tls: Certificates | None = None) -> None:
        super().__init__(home, tls)
        first = RememberingMember(home / "valkey-1", self.password, {}, tls)
        follows = {"replicaof": f"127.0.0.1 {first.port}"}
        replicas = [
            RememberingMember(home / f"valkey-{n}", self.password, follows, tls) for n in (2, 3)
        ]
        self.members = [first, *replicas]
        watched = {
            "sentinel monitor": f"{SERVICE} 127.0.0.1 {first.port} 2",
            f"sentinel auth-pass {SERVICE}": self.password,
            f"sentinel down-after-milliseconds {SERVICE}": DOWN_AFTER_MS,
            f"sentinel failover-timeout {SERVICE}": FAILOVER_TIMEOUT_MS,
        }
        self.sentinels = [
            Sentinel(home / f"sentinel-{n + 1}", self.password, watched, tls)
            for n in range(SENTINELS)
        ]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        query = self.query(sentinel_password=self.password)
        return f"{self.scheme}+sentinel://:{self.password}@{hosts}/{SERVICE}/0{query}"

    def start(self) -> None:
        for server in (*self.members, *self.sentinels):
            if not server.running:
                server.start()
        wait_for(self._is_whole, "the Sentinels do not know one another and the replicas")

    def stop(self) -> None:
        for one in self.sentinels:
            with suppress(OSError, ToolError):
                one.stop()
        super().stop()

    def primary(self) -> Member:
        for sentinel in self.sentinels:
            told = sentinel.watched
            if told and not (told["is_odown"] or told["is_sdown"]):
                return self._at(int(told["port"]))
        raise ToolError("the Sentinels know no primary")

    def switch_over(self) -> None:
        former = self.primary()
        self.sentinels[0].order("SENTINEL FAILOVER", SERVICE)
        self.wait_for_another_primary(former)

    def lose_quorum(self) -> None:
        """Kills all Sentinels but one, and then the primary."""
        primary = self.primary()
        for one in self.sentinels[1:]:
            one.kill()
        primary.kill()

    def _is_whole(self) -> bool:
        others = len(self.members) - 1
        return all(one.is_in_step for one in self.members) and all(
            told.get("num-slaves") == others and told.get("num-other-sentinels") == SENTINELS - 1
            for told in (one.watched for one in self.sentinels)
        )
