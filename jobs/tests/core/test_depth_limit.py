"""How operators write the limits of queues."""

import pytest

from jobs.core.depth_limit import depth_limits

QUEUES = ["default", "emails", "bulk"]


@pytest.mark.parametrize(
    ("entries", "limits"),
    [
        ([], {}),
        (["emails:5"], {"emails": 5}),
        (["7"], {"default": 7, "emails": 7, "bulk": 7}),
        (["7", "emails:5"], {"default": 7, "emails": 5, "bulk": 7}),
        (["emails:5", "7"], {"default": 7, "emails": 5, "bulk": 7}),
    ],
)
def test_limits(entries: list[str], limits: dict[str, int]) -> None:
    assert depth_limits(entries, QUEUES) == limits


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        (["0"], "no limit of 1 or more"),
        (["emails:"], "no limit of 1 or more"),
        (["emails"], "no limit of 1 or more"),
        (["emails:-1"], "no limit of 1 or more"),
        (["emails:1.5"], "no limit of 1 or more"),
        (["letters:5"], "is no queue; choose from default"),
        ([":5"], "is no queue"),
        (["5", "6"], "given twice"),
        (["emails:5", "emails:6"], "given twice"),
    ],
)
def test_what_makes_no_sense(entries: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        depth_limits(entries, QUEUES)
