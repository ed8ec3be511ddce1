"""The answers to a slice of a stream of jobs: a line for each, in the order in which they came."""

import json
from collections.abc import Sequence
from typing import Any

from jobs.api.jobs.bulk_results import item_problem, refusal_for, requests_of
from jobs.api.jobs.how_to_go_on import how_to_go_on
from jobs.core.errors import JobsError
from jobs.services.enqueue import Enqueued, jobs_enqueue


def line_results(items: Sequence[Any], *, submitted_by_id: Any, first_index: int) -> bytes:
    """Accepts every item that is acceptable, in one transaction; returns a line about each.

    `first_index`: how many jobs of the stream came before.
    """
    requests, refused = requests_of(items)
    answers = jobs_enqueue(requests=requests, submitted_by_id=submitted_by_id)
    lines = []
    for number, answer in enumerate(answers):
        index = first_index + number
        if not isinstance(answer, JobsError):
            lines.append(_accepted(index, answer))
            continue
        refusal = refused.get(number) or refusal_for(answer)
        problem = item_problem(refusal, "")
        lines.append(_line({"index": index, "status": refusal.status_code, "problem": problem}))
    return "".join(lines).encode()


def _accepted(index: int, accepted: Enqueued) -> str:
    if not accepted.duplicate:
        # As `_line` writes it, in a tenth of the time.
        return f'{{"index":{index},"status":202,"id":"{accepted.job_id}"}}\n'
    told = {"index": index, "status": 200, "id": str(accepted.job_id), "duplicate": True}
    if detail := how_to_go_on(accepted):
        told["detail"] = detail
    return _line({**told, "state": accepted.state})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
