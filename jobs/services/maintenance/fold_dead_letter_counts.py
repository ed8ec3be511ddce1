"""Counts of dead letters are folded; those without a fingerprint get one; mutes end."""

from typing import NamedTuple

from jobs.core.attempt_error import AttemptError
from jobs.core.clock import DAY_SECONDS
from jobs.core.fingerprint import error_fingerprint
from jobs.models import DeadLetter, DeadLetterCount, DeadLetterGroup
from jobs.models.moments import seconds_ago
from jobs.services.dead_letter_groups.groups import group_of
from jobs.services.events import event_record
from jobs.services.maintenance.round import Round, run_round
from jobs.sql.statements import run

STEP = "fold_dead_letter_counts"
HOUR, DAY = 3_600, int(DAY_SECONDS)
FOLD_LIMIT = 5_000
KEPT_DAYS = 90
# Dead letters that one round gives a fingerprint.
FINGERPRINT_LIMIT = 200


class _Fold(NamedTuple):
    """Periods of `seconds` that began `age_seconds` ago become those of `into_seconds`."""

    seconds: int
    into_seconds: int
    unit: str
    age_seconds: float


_FOLDS = (
    _Fold(HOUR, HOUR, "hour", 0),
    # The trend of a group shows hours of one day.
    _Fold(HOUR, DAY, "day", 3 * DAY),
)


def jobs_fold_dead_letter_counts() -> Round:
    """Folds the counts of groups; counts the rows it has folded, and the fingerprints it gave."""
    return run_round(STEP, _fold, skipped=Round())


def _fold() -> Round:
    named = _give_fingerprints()
    taken = [
        int(run("fold_dead_letter_counts", **fold._asdict(), limit=FOLD_LIMIT)[0][0])
        for fold in _FOLDS
    ]
    old = DeadLetterCount.objects.filter(begins_at__lt=seconds_ago(KEPT_DAYS * DAY_SECONDS))
    old.filter(waiting=0, is_folded=True).delete()
    _unmute_grown()
    return Round(sum(taken) + named, is_full=max(taken) >= FOLD_LIMIT or named >= FINGERPRINT_LIMIT)


def _give_fingerprints() -> int:
    """Dead letters from before there were fingerprints, and those that other code has inserted."""
    nameless = DeadLetter.objects.waiting().filter(fingerprint="").order_by("id")
    letters = list(
        nameless.select_for_update(skip_locked=True).only("id", "type", "reason", "attempts")[
            :FINGERPRINT_LIMIT
        ]
    )
    for letter in letters:
        letter.fingerprint = error_fingerprint(letter.type, _last_error(letter))
    DeadLetter.objects.bulk_update(letters, ["fingerprint"])
    return len(letters)


def _last_error(letter: DeadLetter) -> AttemptError:
    if letter.attempts:
        last: AttemptError = letter.attempts[-1]
        return last
    return {"worker": "", "at": "", "error": letter.reason, "message": "", "traceback": ""}


def _unmute_grown() -> None:
    """A group that has grown by what was said is muted no longer, also if it shrinks again."""
    for muted in DeadLetterGroup.objects.filter(muted_until__isnull=False):
        group = group_of(muted.fingerprint)
        if group is None or group.is_muted:
            continue
        DeadLetterGroup.objects.filter(pk=muted.pk).update(
            muted_until=None, muted_at=None, muted_by=""
        )
        event_record(
            action="dead_letter_group.unmuted",
            subject_type="dead_letter_group",
            subject_id=muted.pk,
            reason=f"it has grown to {group.count}",
            before={"muted_until": muted.muted_until},
            after={"muted_until": None},
        )
