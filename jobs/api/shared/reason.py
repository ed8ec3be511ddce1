"""Why something is decided, as clients say it in the bodies of calls."""

from typing import Any

from jobs.api.shared.fields import TextField
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.actor import REASON_MAX

# Characters, of schedules and batches.
LONG_REASON_MAX = 1_000


class DecisionBody(StrictSerializer):
    """The body of a decision; it may be missing."""

    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True)


class Reason(StrictSerializer):
    """The body of a decision about a schedule or a batch; the reason may be empty, too."""

    reason = TextField(
        max_length=LONG_REASON_MAX, required=False, allow_null=True, allow_blank=True
    )


_decision, _reason = DecisionBody(), Reason()


def decision_reason(body: Any) -> str:
    """The reason in a `DecisionBody`; empty if it has none. Raises DRF's `ValidationError`."""
    return _decision.validated(body).get("reason") or ""


def reason_in(body: Any) -> str:
    """The same of a `Reason`."""
    return _reason.validated(body).get("reason") or ""
