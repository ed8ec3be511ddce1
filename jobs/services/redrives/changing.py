"""The same change is made to the payload of each job of a redrive."""

from collections.abc import Mapping
from typing import Any

from jobs.core.errors import JobsError
from jobs.models import DeadLetter
from jobs.services.dead_letters.payload_change import JobChange, edited_payload, job_change
from jobs.services.masking import refusal_in_words


class ChangeRefused(JobsError):
    """The type of a dead letter does not take the change."""


def changed(letter: DeadLetter, changes: Mapping[str, Any] | None) -> JobChange | None:
    """What the job of a dead letter gets; None if it stays as it is.

    Raises ChangeRefused, which says why without the values of sensitive fields.
    """
    if not changes:
        return None
    payload = edited_payload(letter.type, letter.payload, {**letter.payload, **changes})
    try:
        return job_change(job_type=letter.type, queue=letter.queue, payload=payload)
    except JobsError as error:
        raise ChangeRefused(refusal_in_words(letter.type, error)) from error
