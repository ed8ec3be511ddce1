"""Many submissions in one call: each gets an answer, in the order in which they came."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from jobs.api.jobs.submission import job_request
from jobs.api.shared.links import job_path_prefix
from jobs.api.shared.pointers import pointed_errors, summary
from jobs.api.shared.refusals import JobsRefused, refusal_of
from jobs.core.errors import JobsError, RequestsRefused
from jobs.services.enqueue import Enqueued, JobRequest, jobs_enqueue

ITEMS_MAX = 1_000

# Stands for an item that is no request at all, so that places are kept. The service refuses it,
# as no type has that name, and looks at the others all the same.
_NO_REQUEST = JobRequest(type="", payload={})


def bulk_items(body: Any) -> list[Any]:
    """The items in the body of `/addJobs`; raises `ValidationError` if the body is another."""
    if not isinstance(body, dict):
        raise ValidationError('Give a JSON object: {"jobs": [...]}.')
    if unknown := [name for name in body if name != "jobs"]:
        detail = ErrorDetail("Unknown; known are: jobs.", code="unknown_field")
        raise ValidationError({name: [detail] for name in unknown})
    if "jobs" not in body:
        raise ValidationError({"jobs": [ErrorDetail("This field is required.", code="required")]})
    items = body["jobs"]
    if not isinstance(items, list):
        raise ValidationError({"jobs": [ErrorDetail("Give a list of jobs.", code="not_a_list")]})
    if len(items) > ITEMS_MAX:
        detail = ErrorDetail(f"Give at most {ITEMS_MAX} jobs in one call.", code="max_length")
        raise ValidationError({"jobs": [detail]})
    return items


def bulk_results(
    items: Sequence[Any], *, submitted_by_id: int, atomic: bool
) -> list[dict[str, Any]]:
    """Accepts what can be accepted and says of each item what became of it.

    With `atomic` one refusal means that nothing is accepted: it raises `JobsRefused`, which
    names them all.
    """
    requests, refused = _requests(items)
    try:
        answers = jobs_enqueue(requests=requests, submitted_by_id=submitted_by_id, atomic=atomic)
    except RequestsRefused as error:
        raise JobsRefused(_details(error.errors, refused)) from error
    path_prefix = job_path_prefix()
    return [
        _refused(index, refused.get(index) or refusal_of(answer))
        if isinstance(answer, JobsError)
        else _accepted(index, answer, path_prefix)
        for index, answer in enumerate(answers)
    ]


def _requests(items: Sequence[Any]) -> tuple[list[JobRequest], dict[int, ValidationError]]:
    """A request for each item, and why some of them are none."""
    requests, refused = [], {}
    for index, item in enumerate(items):
        try:
            requests.append(job_request(item))
        except ValidationError as error:
            requests.append(_NO_REQUEST)
            refused[index] = error
    return requests, refused


def _details(
    errors: Mapping[int, JobsError], refused: Mapping[int, APIException]
) -> dict[str, dict[str, Any]]:
    """The detail of every refusal at its place in the body."""
    refusals = {i: refused.get(i) or refusal_of(error) for i, error in sorted(errors.items())}
    return {"jobs": {str(i): _detail(refusal) for i, refusal in refusals.items()}}


def _detail(refusal: APIException) -> Any:
    """In the form of a `ValidationError`, whichever it is."""
    return refusal.detail if isinstance(refusal, ValidationError) else [refusal.detail]


def _accepted(index: int, accepted: Enqueued, path_prefix: str) -> dict[str, Any]:
    job_id = str(accepted.job_id)
    return {
        "index": index,
        "status": status.HTTP_200_OK if accepted.duplicate else status.HTTP_202_ACCEPTED,
        "id": job_id,
        "state": accepted.state,
        "duplicate": accepted.duplicate,
        "links": {"self": path_prefix + job_id},
    }


def _refused(index: int, refusal: APIException) -> dict[str, Any]:
    errors = pointed_errors(_detail(refusal), f"/jobs/{index}")
    problem = {"code": refusal.default_code, "detail": summary(errors), "errors": errors}
    return {"index": index, "status": refusal.status_code, "problem": problem}
