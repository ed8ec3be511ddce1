"""What operators write about queues, and what they are told when it makes no sense."""

import pytest

from jobs.core.queue_choice import STRICT, TURNS, QueueChoice, queue_choice

KNOWN = ["critical", "default", "bulk"]


def test_names_alone() -> None:
    assert queue_choice([" critical", "", "bulk", "bulk"], KNOWN) == QueueChoice(
        ["critical", "bulk"]
    )


def test_weights() -> None:
    choice = queue_choice(["critical:6", "default:3 ", "bulk:1"], KNOWN)
    assert choice.names == KNOWN
    assert choice.weights == {"critical": 6, "default": 3, "bulk": 1}
    assert choice.order == TURNS


def test_strict_order() -> None:
    assert queue_choice(["bulk", "default"], KNOWN, STRICT).order == STRICT


@pytest.mark.parametrize(
    ("entries", "order", "said"),
    [
        ([], TURNS, "choose from critical, default, bulk; no queue is named"),
        (["nowhere"], TURNS, "'nowhere' is no queue"),
        (["nowhere:2"], TURNS, "'nowhere' is no queue"),
        (
            ["bulk:0"],
            TURNS,
            "'bulk:0' has no weight that makes sense; make it a whole number from 1",
        ),
        (["bulk:-1"], TURNS, "'bulk:-1' has no weight"),
        (["bulk:1.5"], TURNS, "'bulk:1.5' has no weight"),
        (["bulk:"], TURNS, "'bulk:' has no weight"),
        (["bulk:1:2"], TURNS, "'bulk:1:2' has no weight"),
        (["bulk:1001"], TURNS, "from 1 to 1000"),
        (["bulk:²"], TURNS, "has no weight"),
        (
            ["bulk:1", "default"],
            TURNS,
            "'default' has no weight; give one to each queue or to none",
        ),
        (["bulk:1", "bulk:2"], TURNS, "a queue is named twice"),
        (["bulk:1"], STRICT, "weights and strict order exclude one another"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(entries: list[str], order: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        queue_choice(entries, KNOWN, order)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
