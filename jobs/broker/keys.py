"""Every key in Redis and what it holds. The prefix is a hash tag: one slot in Redis Cluster.

| key | type | holds |
|---|---|---|
| `{jobs}:queue:<name>:<priority>` | list | entries ready to run; LPUSH in, BRPOP/LMPOP out |
| `{jobs}:delayed` | sorted set | `<name>:<priority>:<message>` by the moment it is due |
| `{jobs}:seen:<effect key>` | string with TTL | `claimed:<job id>`, then `done:<job id>` |
| `{jobs}:watched` | sorted set with TTL | ids of jobs that somebody watches, and until when |
| `{jobs}:announced` | channel | which of them have changed or ended |
| `{jobs}:moment` | string | a moment of PostgreSQL, a few seconds old while workers live |
| `{jobs}:writable` | none | never exists; an empty write probes whether Redis accepts writes |

An entry is `<job id> @<stamp>`, and ` <effect key>` where other jobs can have that key. No
other key has a cache mark. The stamp is the moment of its dispatch (docs/decisions/0013).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.broker.base import ListName
from jobs.core.fetch_order import URGENT_FIRST
from jobs.core.message import QueueMessage


@dataclass(frozen=True, slots=True)
class Keys:
    """The names below one prefix, such as `{jobs}:`."""

    prefix: str

    def list(self, queue: str, priority: int) -> str:
        return f"{self.prefix}queue:{queue}:{priority}"

    @property
    def list_prefix(self) -> str:
        return f"{self.prefix}queue:"

    @property
    def delayed(self) -> str:
        return f"{self.prefix}delayed"

    @property
    def cache_mark_prefix(self) -> str:
        return f"{self.prefix}seen:"

    @property
    def watched(self) -> str:
        return f"{self.prefix}watched"

    @property
    def announced(self) -> str:
        return f"{self.prefix}announced"

    @property
    def moment(self) -> str:
        return f"{self.prefix}moment"

    @property
    def writable(self) -> str:
        return f"{self.prefix}writable"

    def types(self, queues: Sequence[str]) -> "dict[str, str]":
        """The keys of these queues, and those of all queues, each with the type that it has."""
        lists = [self.list(*name) for name in lists_of(queues)]
        others = {self.delayed: "zset", self.watched: "zset", self.moment: "string"}
        others[self.writable] = "none"
        return dict.fromkeys(lists, "list") | others

    def cache_mark(self, effect_key: str) -> str:
        return self.cache_mark_prefix + effect_key

    def delayed_member(self, message: QueueMessage) -> str:
        """A member of the delayed set; `promote_due.lua` takes it apart again."""
        return f"{message.queue}:{message.priority}:{message.encode()}"


def lists_of(queues: Sequence[str]) -> "list[ListName]":
    """The lists of these queues, most urgent first."""
    return [(queue, priority) for priority in URGENT_FIRST for queue in queues]
