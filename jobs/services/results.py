"""Results of handlers: written with the success, shown without what is sensitive."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.finished import Finished
from jobs.core.outcome import Succeeded
from jobs.core.result import Result
from jobs.core.secrets import MASK, Secrets
from jobs.handlers.registry import job_types
from jobs.models import Job, JobResult
from jobs.sql.statements import execute, statement


class ShownResult(NamedTuple):
    """A result as people may see it. `problem` says why there is no value; else it is empty."""

    value: Any
    problem: str


def results_of(ended: Sequence[Finished]) -> dict[UUID, Result]:
    """What is to be kept of what handlers returned, by job; mostly nothing.

    A transactional handler has written its own.
    """
    return {
        one.claim.id: outcome.result
        for one in ended
        if isinstance(outcome := one.outcome, Succeeded) and outcome.result and not outcome.recorded
    }


def results_write(*, results: Sequence[tuple[UUID, Result]]) -> None:
    """Keeps these results, inside the transaction that records the successes of their jobs."""
    if results:
        execute(
            statement("write_results"),
            {
                "job_ids": [job_id for job_id, _ in results],
                "json": [result.json for _, result in results],
                "problems": [result.problem for _, result in results],
            },
        )


def job_result(job: Job) -> ShownResult | None:
    """What the handler returned, with the fields masked that the job's type marks sensitive.

    None if it returned None, has not succeeded, or its result was pruned. Of a type that is not
    registered any more nothing but the presence of a result is shown.
    """
    result = JobResult.objects.filter(job_id=job.pk).first()
    if result is None:
        return None
    known = job_types.find(job.type)
    if known is None:
        return ShownResult(MASK, result.problem)
    secrets = Secrets(job.payload, known.sensitive)
    value = _masked(result.value, frozenset(known.sensitive), secrets)
    return ShownResult(value, result.problem)


def _masked(value: Any, sensitive: frozenset[str], secrets: Secrets) -> Any:
    """Fields are masked at every depth: a handler may put its payload into what it returns.

    And so are the values of the payload, whatever the handler calls them.
    """
    if isinstance(value, dict):
        return {
            name: MASK if name in sensitive else _masked(one, sensitive, secrets)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, sensitive, secrets) for one in value]
    return secrets.value(value)
