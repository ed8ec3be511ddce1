"""Queued jobs that Redis has lost are dispatched again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from jobs.broker import get_broker
from jobs.broker.base import ListName
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.maintenance.round import Round
from jobs.sql.statements import database_now

# Jobs of each list (queue and priority) in one round, so that no transaction grows with the damage.
REDISPATCH_LIMIT_PER_LIST = 1_000


class SearchedLists:
    """Up to which dispatch each list was searched, so that the next search begins there.

    While a transaction keeps dead tuples, what has left the index of queued jobs stays in the way:
    the head of 300,000 drained jobs took 105 ms, each time. From time to time a caller must search
    from the beginning (`forget`). Rows may come in that are dated earlier: from a transaction that
    took long, or given back without losing their place.
    """

    def __init__(self) -> None:
        self._until: dict[ListName, datetime] = {}

    def until(self, name: ListName) -> datetime | None:
        """None for a list that is to be searched from the beginning."""
        return self._until.get(name)

    def note(self, until: Mapping[ListName, datetime]) -> None:
        """These lists were searched up to these moments."""
        self._until.update(until)

    def forget(self) -> None:
        """The next search is from the beginning."""
        self._until.clear()


def jobs_redispatch_lost(
    *,
    queues: Sequence[str],
    asked_at: datetime | None = None,
    dispatched_before: datetime | None = None,
    searched: SearchedLists | None = None,
) -> Round:
    """Dispatches again what Redis has lost of these queues; counts jobs.

    Lists are first-in first-out: a job that was dispatched before the next entry to come out, and
    is still queued, must be missing from its list. The stamp of that entry says when it was
    dispatched, whatever has become of its job. `JOBS_REDISPATCH_MARGIN_SECONDS` covers the time
    between pop and claim. Dispatching a job twice is harmless.

    `asked_at`: a moment of the database not long ago, which spares a question for the present one.
    `dispatched_before`: what was dispatched since is left out. With the moment at which a turn of
    several rounds began, each job is dispatched once a turn at most.
    `searched`: what earlier calls have searched is left out, and what this one has is noted.

    Raises BrokerUnavailable.
    """
    broker = get_broker()
    # Rows must not be dated as dispatched while Redis refuses their ids.
    broker.check_writable()
    # Read before the ages, so that however long Redis takes to answer no head seems to be younger.
    asked_at = asked_at or database_now()
    before = _dispatched_before(broker.head_ages(queues), asked_at, dispatched_before)
    broker.note_moment(asked_at)
    since = SearchedLists() if searched is None else searched
    done = _redispatch(since, before)
    if done is None:
        return Round()
    if not done.is_full:
        since.note(before)
    return done


def _dispatched_before(
    head_ages: Mapping[ListName, float | None], asked_at: datetime, at_most: datetime | None
) -> dict[ListName, datetime]:
    """For each list the moment before which all that was dispatched must have come out."""
    margin_seconds = jobs_conf().redispatch_margin_seconds
    return {
        name: min(asked_at - timedelta(seconds=(age or 0.0) + margin_seconds), at_most or asked_at)
        for name, age in head_ages.items()
    }


def _redispatch(since: SearchedLists, before: Mapping[ListName, datetime]) -> Round | None:
    """None if another worker is doing a round."""
    lost = Job.objects.redispatch_lost(
        {name: (since.until(name), moment) for name, moment in before.items()},
        limit=REDISPATCH_LIMIT_PER_LIST,
    )
    if lost is None:
        return None
    dispatch_after_commit([(message, 0.0) for message in lost], is_repeated=True)
    # No list has reached its limit as long as all of them together have not.
    return Round(len(lost), is_full=len(lost) >= REDISPATCH_LIMIT_PER_LIST)
