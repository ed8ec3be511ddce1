"""A slot goes from a job that has succeeded straight to the next one that waits for it."""

import json
from collections import Counter
from collections.abc import Sequence

from jobs.core.claim import Claimant
from jobs.core.conf import jobs_conf
from jobs.core.finished import Finished
from jobs.core.outcome import Succeeded
from jobs.models import Job
from jobs.models.job_claims import HandedOver
from jobs.services.dispatch import dispatch_after_commit, mark_done_after_commit
from jobs.services.limits.rooms import PACE_SECONDS, WINDOW_SECONDS
from jobs.services.limits.turns import Turn, turns
from jobs.services.successes import successes_follow_up


def limit_to_hand_over(finished: Finished) -> str | None:
    """The limit under which the slot of this attempt may go straight to another job.

    None for what has not succeeded, leaves a result or has something follow, and for a job under no
    limit or several.
    """
    outcome, limits = finished.outcome, finished.claim.limits
    if limits is None or not isinstance(outcome, Succeeded):
        return None
    if outcome.recorded or outcome.result is not None or finished.claim.is_followed:
        return None
    names = json.loads(limits) if isinstance(limits, str) else limits  # as Django reads it, or not
    return str(names[0]) if isinstance(names, list) and len(names) == 1 else None


def slots_hand_over(
    *, finished: Sequence[tuple[Finished, str]], claimant: Claimant | None
) -> HandedOver:
    """running -> succeeded where the slot can be handed over; nothing is written of the others.

    One statement, outside a transaction. `finished`: attempts, each with what `limit_to_hand_over`
    says. `claimant`: a worker that claims at once what it takes; the other jobs are dispatched. The
    caller settles `turns` from time to time. Raises the database's errors.
    """
    claims = [one.claim for one, _ in finished]
    done = Job.objects.hand_over(
        claims,
        [name for _, name in finished],
        claimant,
        worker_timeout_seconds=float(jobs_conf().worker_timeout_seconds),
        window_seconds=WINDOW_SECONDS,
        pace_seconds=PACE_SECONDS,
    )
    dispatch_after_commit([(message, 0.0) for message in done.admitted])
    ended = [claim for claim in claims if claim.id in done.written]
    mark_done_after_commit((claim.effect_key, claim.id) for claim in ended)
    successes_follow_up(ended)
    if done.ranks:
        _note_turns(finished, done)
    return done


def _note_turns(finished: Sequence[tuple[Finished, str]], done: HandedOver) -> None:
    ended = Counter(name for one, name in finished if one.claim.id in done.written)
    turns.note({name: Turn(rank, ended[name]) for name, rank in done.ranks.items()})
