"""What a person looks for to find out whether the effect of a dead job has happened."""

import logging

from jobs.core.effect_key import whole_effect_key
from jobs.core.states import DeathReason
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter

logger = logging.getLogger(__name__)


def effect_may_have_happened(letter: DeadLetter) -> bool:
    """Whether nobody knows if the effect happened: a replay may repeat it."""
    return letter.reason == DeathReason.INTERRUPTED


def evidence_of(letter: DeadLetter) -> dict[str, str]:
    """What to look for, such as the Message-ID of a mail; empty if the type does not say.

    Rows come with `job`.
    """
    known = job_types.find(letter.type)
    if known is None or known.evidence is None:
        return {}
    try:
        key = whole_effect_key(letter.job.effect_key, letter.job_id)
        found = known.evidence(letter.payload, letter.job_id, key)
        return {str(name): str(value) for name, value in found.items()}
    except Exception as error:  # noqa: BLE001 - a function of the type may raise anything
        logger.warning(
            "Job type %s could not say what to look for: %s",
            letter.type,
            type(error).__name__,  # what it says may quote the payload
            extra={
                "event": "evidence.not_given",
                "type": letter.type,
                "job_id": str(letter.job_id),
            },
        )
        return {}
