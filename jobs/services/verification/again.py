"""What may happen again after PostgreSQL or Redis was restored to an earlier moment: in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max

from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.core.fire_rule import Missed
from jobs.models import Job, Schedule, Worker
from jobs.models.moments import seconds_ago
from jobs.services.verification.unknown import accepted_at

_MISSED = {
    Missed.SKIP: "make no job for them",
    Missed.ONCE: "make one job for all of them",
    Missed.ALL: "make a job for each of them",
}


def restored_in_words(*, unknown: Sequence[UUID], repeated: Mapping[str, int]) -> list[str]:
    """One sentence for each thing that is lost, or may happen again if workers go on from here.

    `unknown`: jobs that Redis names and PostgreSQL does not have. `repeated`: how many jobs of each
    type are queued or running although Redis says that their effect is done. Nothing is said where
    the two servers are of the same moment. Raises BrokerUnavailable.
    """
    heard_at = Worker.objects.aggregate(at=Max("heartbeat_at"))["at"]
    noted_at = get_broker().noted_moment()
    # A worker that cannot write a heartbeat for that long has stopped.
    margin = timedelta(seconds=jobs_conf().worker_timeout_seconds)
    if heard_at and noted_at and heard_at - noted_at > margin:
        return [*_redis_is_behind(noted_at, heard_at), *_lost(unknown), *_done_before(repeated)]
    is_behind = heard_at and noted_at and noted_at - heard_at > margin
    if not (is_behind or unknown or repeated):
        return []
    return [
        *_postgresql_is_behind(heard_at, noted_at),
        *_lost(unknown),
        *_done_before(repeated),
        *_running(),
        *_schedules(),
    ]


def _redis_is_behind(noted_at: datetime, heard_at: datetime) -> Iterator[str]:
    yield (
        f"Redis is of {_text(noted_at)}, PostgreSQL of {_text(heard_at)}. Nothing runs again "
        "because of that: PostgreSQL decides, and what Redis names and has ended is dropped."
    )


def _postgresql_is_behind(heard_at: datetime | None, noted_at: datetime | None) -> Iterator[str]:
    of_redis = f", and Redis of {_text(noted_at)}" if noted_at else ""
    queued = Job.objects.all_queued().count()
    if heard_at:
        yield (
            f"PostgreSQL is of {_text(heard_at)}{of_redis}. Of the {queued:,} jobs that are queued "
            "here, those that ran in between run again, and nothing in PostgreSQL says which."
        )


def _lost(unknown: Sequence[UUID]) -> Iterator[str]:
    if unknown:
        first, last = accepted_at(unknown[0]), accepted_at(unknown[-1])
        yield (
            f"{len(unknown):,} jobs that Redis names are not in PostgreSQL; they were accepted "
            f"from {_text(first)} to {_text(last)}. They are lost. A client that sends one again "
            "has it run, for the second time if it had run."
        )


def _done_before(repeated: Mapping[str, int]) -> Iterator[str]:
    if repeated:
        types = ", ".join(f"{name} ({count:,})" for name, count in sorted(repeated.items()))
        yield (
            f"{sum(repeated.values()):,} jobs that are queued or running here had succeeded, as "
            f"Redis says. Unless they are cancelled, they have their effect again: {types}."
        )


def _running() -> Iterator[str]:
    if count := Job.objects.running().count():
        yield (
            f"{count:,} jobs are running here, with workers of that moment. These count as dead "
            f"after {jobs_conf().worker_timeout_seconds:g} s: then what may be repeated runs "
            "again, and what may not is a dead letter that a person decides about."
        )


def _schedules() -> Iterator[str]:
    grace_seconds = jobs_conf().fire_grace_seconds
    missed = (
        Schedule.objects.filter(paused=False, due_at__lt=seconds_ago(grace_seconds))
        .order_by()
        .values_list("missed")
        .annotate(count=Count("*"))
    )
    for rule, count in sorted(missed):
        yield (
            f"{count:,} schedules have fire times since that moment and {_MISSED[Missed(rule)]}; "
            "what they had made since is forgotten."
        )


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
