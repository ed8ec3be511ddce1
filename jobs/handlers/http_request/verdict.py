"""What the status of an answer means for the job. The rules of the payload come first."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

STATUS_PATTERN = re.compile(r"\A[1-5]([0-9][0-9]|xx)\Z")


class Verdict(StrEnum):
    """The values are the names of payload fields that list statuses."""

    SUCCESS = "success_on"
    RETRY = "retry_on"
    FINAL = "final_on"


# Redirects are not followed: the address that they name was not allowed by anybody.
_DEFAULTS = {
    "2xx": Verdict.SUCCESS,
    "3xx": Verdict.FINAL,
    "4xx": Verdict.FINAL,
    "408": Verdict.RETRY,
    "425": Verdict.RETRY,
    "429": Verdict.RETRY,
    "5xx": Verdict.RETRY,
}


def verdict_of(status: int, payload: Mapping[str, Sequence[str]]) -> Verdict:
    """The verdict on a status: by the payload's lists, exact ones first, then by the defaults."""
    told = {text: verdict for verdict in Verdict for text in payload.get(verdict) or ()}
    exact, group = f"{status:03}", f"{status // 100}xx"
    for rules in (told, _DEFAULTS):
        for text in (exact, group):
            if text in rules:
                return rules[text]
    return Verdict.RETRY


def named_twice(payload: Mapping[str, Sequence[str]]) -> list[str]:
    """The statuses that more than one list of the payload names."""
    named = [text for verdict in Verdict for text in set(payload.get(verdict) or ())]
    return sorted({text for text in named if named.count(text) > 1})
