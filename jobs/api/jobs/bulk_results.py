"""Many submissions in one call: each gets an answer, in the order in which they came."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from jobs.api.jobs.how_to_go_on import how_to_go_on
from jobs.api.jobs.refusals import JobsRefused, job_refusal
from jobs.api.jobs.representations import ReceiptLinks, receipt_links
from jobs.api.jobs.submission import job_request
from jobs.api.shared.links import job_path_prefix
from jobs.api.shared.pointers import PointedError, pointed_errors, summary
from jobs.core.errors import JobsError
from jobs.core.request_errors import RequestsRefused
from jobs.services.enqueue import Enqueued, JobRequest, jobs_enqueue
from jobs.services.enqueue.accept import Answer

# Stands for an item that is no request at all, so that places are kept. The service refuses it,
# as no type has that name, and accepts the others all the same.
_NO_REQUEST = JobRequest(type="", payload={})


class AcceptedItem(TypedDict):
    """An item that is a job now, or had been accepted before (`duplicate`)."""

    index: int
    status: int
    id: str
    state: str
    duplicate: bool
    links: ReceiptLinks
    detail: NotRequired[str]


class ItemProblem(TypedDict):
    """Why an item was refused; pointers lead into the whole body."""

    code: str
    detail: str
    errors: list[PointedError]
    error_count: int


class RefusedItem(TypedDict):
    """An item that was refused."""

    index: int
    status: int
    problem: ItemProblem


BulkResult = AcceptedItem | RefusedItem


class BulkResults(TypedDict):
    """What became of each item, in their order."""

    results: list[BulkResult]


def bulk_results(
    items: Sequence[Any],
    *,
    submitted_by_id: int,
    atomic: bool,
    enqueue: Callable[..., list[Answer]] = jobs_enqueue,
) -> BulkResults:
    """Accepts every item that is acceptable, and says of each what became of it.

    `enqueue`: `jobs_enqueue`, or a service that does more and is called as that is.
    With `atomic` one refusal means that nothing is accepted: it raises `JobsRefused`, which
    names them all.
    """
    requests, refused = requests_of(items)
    try:
        answers = enqueue(requests=requests, submitted_by_id=submitted_by_id, atomic=atomic)
    except RequestsRefused as error:
        raise JobsRefused(_details(error.errors, refused)) from error
    path_prefix = job_path_prefix()
    return {
        "results": [
            _refused(index, refused.get(index) or refusal_for(answer))
            if isinstance(answer, JobsError)
            else _accepted(index, answer, path_prefix)
            for index, answer in enumerate(answers)
        ]
    }


def requests_of(items: Sequence[Any]) -> tuple[list[JobRequest], dict[int, APIException]]:
    """A request for each item, and why some of them are none."""
    requests: list[JobRequest] = []
    refused: dict[int, APIException] = {}
    for index, item in enumerate(items):
        try:
            requests.append(job_request(item))
        except APIException as error:
            requests.append(_NO_REQUEST)
            refused[index] = error
    return requests, refused


def refusal_for(error: JobsError) -> APIException:
    """What the caller is told of the error of an item; raises it if it is no doing of theirs."""
    if (refusal := job_refusal(error)) is None:
        raise error
    return refusal


def _details(
    errors: Mapping[int, JobsError], refused: Mapping[int, APIException]
) -> dict[str, dict[str, Any]]:
    """The detail of every refusal at its place in the body."""
    refusals = {i: refused.get(i) or refusal_for(error) for i, error in sorted(errors.items())}
    return {"jobs": {str(i): _detail(refusal) for i, refusal in refusals.items()}}


def _detail(refusal: APIException) -> Any:
    """In the form of a `ValidationError`, whichever it is."""
    return refusal.detail if isinstance(refusal, ValidationError) else [refusal.detail]


def _accepted(index: int, accepted: Enqueued, path_prefix: str) -> AcceptedItem:
    job_id, duplicate = accepted.id_text, accepted.duplicate
    item: AcceptedItem = {
        "index": index,
        "status": status.HTTP_200_OK if duplicate else status.HTTP_202_ACCEPTED,
        "id": job_id,
        "state": accepted.state,
        "duplicate": duplicate,
        "links": {"self": path_prefix + job_id},
    }
    if duplicate:
        item["links"] = receipt_links(accepted, path_prefix + job_id)
        if detail := how_to_go_on(accepted):
            item["detail"] = detail
    return item


def _refused(index: int, refusal: APIException) -> RefusedItem:
    problem = item_problem(refusal, f"/jobs/{index}")
    return {"index": index, "status": refusal.status_code, "problem": problem}


def item_problem(refusal: APIException, pointer: str) -> ItemProblem:
    """Why the item at this place was refused."""
    pointed = pointed_errors(_detail(refusal), pointer)
    return {
        "code": str(refusal.default_code),
        "detail": summary(pointed),
        "errors": pointed.errors,
        "error_count": pointed.total,
    }
