"""From which lists a worker takes next, and how many of each: priorities, weights, shares."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.core.conf import PRIORITY_DEFAULT, PRIORITY_MAX, PRIORITY_MIN
from jobs.core.queue_choice import STRICT, QueueChoice
from jobs.core.shares import Shares

ListName = tuple[str, int]
"""A queue and a priority: one Redis list."""

URGENT_FIRST = range(PRIORITY_MAX, PRIORITY_MIN - 1, -1)
# The priorities that a guaranteed share is for.
LOW_MAX = PRIORITY_DEFAULT - 1
LOW, ANY = "low", "any"


class Step(NamedTuple):
    """Up to `most` entries of these lists, in their order."""

    lists: Sequence[ListName]
    most: int


class Portion(NamedTuple):
    """Up to `most` entries by these steps together: what one falls short of, the next may take."""

    steps: Sequence[Step]
    most: int


def whole(lists: Sequence[ListName], limit: int) -> Portion:
    """Up to `limit` entries of these lists, in their order."""
    return Portion([Step(lists, limit)], limit)


class FetchOrder:
    """The order of one worker. Only the thread that fetches uses it."""

    def __init__(self, choice: QueueChoice, low_share: float = 0.0) -> None:
        """`low_share`: the share of each queue's jobs, 0 to less than 1, that its priorities below
        the default get, as long as they have any; 0 leaves them what more urgent ones leave."""
        self._choice = choice
        self._queues = list(choice.names)
        self._shares = Shares(choice.weights)
        self._low_share = low_share
        self._low_shares: dict[str, Shares[str]] = {}
        self._low_turns: Counter[str] = Counter()
        self._owed_to: dict[str, int] = {}
        self._low_owed_to: dict[str, int] = {}

    @property
    def queues(self) -> list[str]:
        """The queues in the order in which they come now."""
        return self._queues

    @property
    def counts(self) -> bool:
        """Whether `took` needs to be told; without weights and shares there is nothing to count."""
        return bool(self._choice.weights or self._low_share)

    def lists(self, queues: Sequence[str]) -> list[ListName]:
        """Every list of these queues, in the order in which a single entry is looked for."""
        if self._choice.weights or self._choice.order == STRICT:
            return [(queue, priority) for queue in queues for priority in URGENT_FIRST]
        return [(queue, priority) for priority in URGENT_FIRST for queue in queues]

    def portions(self, queues: Sequence[str], limit: int) -> list[Portion]:
        """How to take up to `limit` entries of these queues.

        To be followed by `took`, if it `counts`. Without weights and in no strict order another
        queue comes first in the next call, so that within a priority none of them starves.
        """
        self._owed_to, self._low_owed_to = {}, {}
        if not self._choice.weights and self._choice.order != STRICT:
            self._queues = self._queues[1:] + self._queues[:1]
        lists = self.lists(queues)
        if not self._choice.weights:
            return [self._portion(lists, limit, "")]
        self._owed_to = self._shares.divide(limit, queues)
        shares = [
            self._portion(self.lists([queue]), self._owed_to[queue], queue) for queue in queues
        ]
        # What queues that are short of jobs leave, the others take.
        return [*shares, whole(lists, limit)]

    def took(self, lists: Iterable[ListName]) -> None:
        """The lists of the entries that were taken: a queue that is empty gathers no claims."""
        names = list(lists)
        of_queues = Counter(queue for queue, _ in names)
        for queue, owed in self._owed_to.items():
            if of_queues[queue] < owed:
                self._shares.forfeit(queue)
        low = Counter(queue for queue, priority in names if priority <= LOW_MAX)
        for group, owed in self._low_owed_to.items():
            if (low[group] if group else low.total()) < owed:
                self._low_shares[group].forfeit(LOW)

    def _portion(self, lists: Sequence[ListName], most: int, group: str) -> Portion:
        """`group`: what the guaranteed share is a share of: a queue, or all of them if empty."""
        steps = [Step(lists, most)]
        if self._low_share:
            owed = self._low_owed_to[group] = self._shares_of(group).divide(most, (LOW, ANY))[LOW]
            if owed:
                steps = [Step(self._low(lists, group), owed), *steps]
        return Portion(steps, most)

    def _shares_of(self, group: str) -> Shares[str]:
        if group not in self._low_shares:
            weights = {LOW: self._low_share, ANY: 1 - self._low_share}
            self._low_shares[group] = Shares(weights)
        return self._low_shares[group]

    def _low(self, lists: Sequence[ListName], group: str) -> list[ListName]:
        """The lists of low priorities; they take turns, so that none of them starves."""
        low = [name for name in lists if name[1] <= LOW_MAX]
        self._low_turns[group] += 1
        turn = self._low_turns[group] % len(low)
        return low[turn:] + low[:turn]
