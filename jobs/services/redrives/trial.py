"""What a redrive would do, before anybody starts it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobs.core.selection import Selection
from jobs.services.dead_letters.payload_change import Difference, payload_differences
from jobs.services.redrives.changing import ChangeRefused, changed
from jobs.services.redrives.selected import letters_in_order

TRIED = 100


class Trial(NamedTuple):
    """Of the first dead letters (`tried`), how many take the changes, and why the first does not.

    `differences`: what changes in the payload of the first that takes them.
    """

    tried: int
    fit: int
    refusal: str
    differences: list[Difference]


def redrive_trial(*, selection: Selection, changes: Mapping[str, Any] | None) -> Trial:
    """Checks the changes with the first dead letters of the selection; writes nothing."""
    letters = letters_in_order(selection).only("id", "type", "queue", "payload")
    tried = fit = 0
    refusal, differences = "", list[Difference]()
    for letter in letters[:TRIED]:
        tried += 1
        try:
            change = changed(letter, changes)
        except ChangeRefused as error:
            refusal = refusal or str(error)
            continue
        fit += 1
        if change is not None and not differences:
            differences = payload_differences(letter.type, letter.payload, change.payload)
    return Trial(tried, fit, refusal, differences)
