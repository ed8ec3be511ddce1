"""From which lists a worker takes: by turns, in strict order, by weights, with a share for low."""

from collections import Counter
from collections.abc import Callable

import pytest

from jobs.core.fetch_order import FetchOrder, ListName, Portion
from jobs.core.queue_choice import STRICT, QueueChoice

QUEUES = ["critical", "default", "bulk"]
WEIGHTED = QueueChoice(QUEUES, {"critical": 6, "default": 3, "bulk": 1})


class Backlog:
    """Lists with so many entries, which are taken as the script in Redis takes them."""

    def __init__(self, entries: dict[ListName, int]) -> None:
        self.entries = Counter(entries)

    def take(self, portions: list[Portion], limit: int) -> list[ListName]:
        taken: list[ListName] = []
        for portion in portions:
            left = min(portion.most, limit - len(taken))
            for step in portion.steps:
                step_left = min(step.most, left)
                for name in step.lists:
                    number = min(self.entries[name], step_left)
                    self.entries[name] -= number
                    taken += [name] * number
                    step_left -= number
                    left -= number
        return taken


def drained(
    order: FetchOrder, backlog: Backlog, limit: Callable[[int], int], jobs: int
) -> list[ListName]:
    """The lists of the first `jobs` entries that fetches of so many bring."""
    taken: list[ListName] = []
    for number in range(jobs):
        if len(taken) >= jobs:
            break
        wanted = limit(number)
        fetched = backlog.take(order.portions(order.queues, wanted), wanted)
        order.took(fetched)
        taken += fetched
    return taken[:jobs]


LIMITS = [lambda n: 1, lambda n: 10, lambda n: 1 + n * 7 % 40, lambda n: 500]


@pytest.mark.parametrize("limit", LIMITS)
def test_by_weights_full_queues_get_their_shares(limit: Callable[[int], int]) -> None:
    backlog = Backlog({(queue, 5): 100_000 for queue in QUEUES})
    taken = Counter(queue for queue, _ in drained(FetchOrder(WEIGHTED), backlog, limit, 10_000))
    for queue, share in (("critical", 6_000), ("default", 3_000), ("bulk", 1_000)):
        assert abs(taken[queue] - share) <= share * 0.05


def test_what_a_queue_is_short_of_the_others_take() -> None:
    backlog = Backlog({("critical", 5): 2, ("default", 5): 100, ("bulk", 5): 100})
    taken = Counter(queue for queue, _ in drained(FetchOrder(WEIGHTED), backlog, lambda n: 20, 20))
    assert sum(taken.values()) == 20
    assert taken["critical"] == 2
    assert taken["bulk"] >= 2


def test_a_queue_that_was_empty_does_not_make_up_for_it() -> None:
    order = FetchOrder(WEIGHTED)
    backlog = Backlog({("default", 5): 10_000, ("bulk", 5): 10_000})
    drained(order, backlog, lambda n: 1, 1_000)
    backlog.entries["critical", 5] = 10_000
    taken = Counter(queue for queue, _ in drained(order, backlog, lambda n: 1, 100))
    assert 57 <= taken["critical"] <= 63


def test_inside_a_queue_the_most_urgent_comes_first() -> None:
    backlog = Backlog({("critical", 1): 6, ("critical", 9): 6, ("default", 9): 3, ("bulk", 9): 1})
    taken = drained(FetchOrder(WEIGHTED), backlog, lambda n: 10, 10)
    assert Counter(taken) == {("critical", 9): 6, ("default", 9): 3, ("bulk", 9): 1}


def test_in_strict_order_the_first_queue_comes_first_whatever_its_priorities() -> None:
    order = FetchOrder(QueueChoice(QUEUES, order=STRICT))
    backlog = Backlog({("critical", 0): 5, ("bulk", 9): 5})
    assert drained(order, backlog, lambda n: 3, 10) == [("critical", 0)] * 5 + [("bulk", 9)] * 5


def test_by_turns_priorities_come_first_and_queues_take_turns() -> None:
    order = FetchOrder(QueueChoice(["default", "bulk"]))
    backlog = Backlog({("bulk", 9): 2, ("default", 5): 2, ("bulk", 5): 2})
    taken = drained(order, backlog, lambda n: 1, 6)
    assert taken[:2] == [("bulk", 9)] * 2
    assert taken[2] != taken[3]
    assert taken[4] != taken[5]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("choice", [QueueChoice(["default"]), WEIGHTED], ids=["turns", "weights"])
def test_low_priorities_get_their_share_of_each_queue(
    choice: QueueChoice, limit: Callable[[int], int]
) -> None:
    backlog = Backlog({(queue, p): 100_000 for queue in choice.names for p in (9, 5, 3, 0)})
    taken = Counter(drained(FetchOrder(choice, low_share=0.2), backlog, limit, 10_000))
    for queue in choice.names:
        total = sum(count for (name, _), count in taken.items() if name == queue)
        low = taken[queue, 3] + taken[queue, 0]
        assert abs(low - total * 0.2) <= total * 0.02 + 1
        assert taken[queue, 0] > 0 < taken[queue, 3]


def test_without_low_jobs_their_share_is_the_queues_own() -> None:
    backlog = Backlog({(queue, 9): 100_000 for queue in QUEUES})
    order = FetchOrder(WEIGHTED, low_share=0.5)
    taken = Counter(queue for queue, _ in drained(order, backlog, lambda n: 10, 1_000))
    assert taken == {"critical": 600, "default": 300, "bulk": 100}


def test_without_a_share_low_priorities_wait() -> None:
    backlog = Backlog({("default", 9): 1_000, ("default", 0): 1_000})
    taken = drained(FetchOrder(QueueChoice(["default"])), backlog, lambda n: 10, 1_000)
    assert set(taken) == {("default", 9)}
