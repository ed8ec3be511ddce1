"""Hot statements on jobs: bulk inserts by COPY, and what workers claim without Redis."""

from itertools import islice
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.broker.keys import lists_of
from jobs.broker.redis import RedisBroker
from jobs.core.new_job import NewJob
from jobs.core.states import JobState
from jobs.models import Job
from jobs.models.job_inserts import COPY_FROM
from jobs.services.enqueue import Enqueued, JobRequest, jobs_enqueue
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import (
    claim_one,
    make_due,
)

pytestmark = pytest.mark.django_db(transaction=True)

# What means something to COPY, to JSON, or to both.
AWKWARD = [
    "\t",
    "\n",
    "\r",
    "\\",
    "\\N",
    "\\.",
    "\\t",
    "\\\\",
    '"',
    "ä€🦆",
    "\x08\x1f",
    "\N{LINE SEPARATOR}",
]
texts = st.lists(st.sampled_from([*AWKWARD, "a", " "]), min_size=1, max_size=8).map("".join)


def request(text: str, **fields: Any) -> JobRequest:
    return JobRequest(type="tests.note_by_text", payload={"text": text}, **fields)


def accepted(requests: list[JobRequest], **options: Any) -> list[Enqueued]:
    answers = jobs_enqueue(requests=requests, **options)
    assert all(isinstance(answer, Enqueued) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Enqueued)]


def copies(requests: list[JobRequest]) -> int:
    """How many of the statements that this takes are COPY."""
    with CaptureQueriesContext(connection) as queries:
        accepted(requests)
    return sum(query["sql"].lstrip("-").partition("COPY jobs_job")[1] != "" for query in queries)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(found=st.lists(texts, min_size=1, max_size=20))
def test_texts_come_out_as_they_went_in(found: list[str]) -> None:
    # The payload is trimmed by its serializer; its text is part of the effect key as well.
    wanted = list(islice(iter(found * COPY_FROM), COPY_FROM))

    jobs = accepted([request(f"<{text}>") for text in wanted])

    rows = Job.objects.in_bulk([job.job_id for job in jobs])
    assert [rows[job.job_id].payload["text"] for job in jobs] == [f"<{text}>" for text in wanted]
    assert [rows[job.job_id].effect_key for job in jobs] == [job.job.effect_key for job in jobs]


def test_the_row_is_the_one_that_is_answered(broker: RedisBroker) -> None:
    user = make_user()

    jobs = accepted(
        [
            JobRequest("tests.note", {"text": f"{n}"}, queue="bulk", priority=n % 10, max_retries=1)
            for n in range(COPY_FROM)
        ],
        submitted_by_id=user.pk,
    )

    for accepted_job in jobs:
        row, answered = Job.objects.get(id=accepted_job.job_id), accepted_job.job
        for field in Job._meta.concrete_fields:
            if field.name != "dispatched_at":  # the only field that is not answered
                assert getattr(row, field.attname) == getattr(answered, field.attname), field.name
        assert row.dispatched_at == row.run_at == row.created_at
        assert (row.state, row.attempt, row.errors) == (JobState.QUEUED, 0, [])
    assert sum(broker.depth(["bulk"]).ready.values()) == COPY_FROM


def test_few_are_inserted_by_a_single_statement() -> None:
    assert copies([request("few") for _ in range(COPY_FROM - 1)]) == 0
    assert copies([request("many") for _ in range(COPY_FROM)]) == 1


@pytest.mark.parametrize(
    "awkward", [{"idempotency_key": "k"}, {"delay_seconds": 5.0}], ids=["keyed", "delayed"]
)
def test_a_job_that_may_not_run_at_once_or_may_be_a_duplicate_is_not_copied(
    awkward: dict[str, Any],
) -> None:
    plain = [request("plain") for _ in range(COPY_FROM)]

    assert copies([*plain, request("awkward", **awkward)]) == 0
    assert Job.objects.count() == COPY_FROM + 1


def test_a_refusal_by_postgresql_is_one_of_django_and_nothing_is_left() -> None:
    beyond = NewJob("tests.note", "default", 99, "{}", None, None, None, 4)

    with pytest.raises(IntegrityError, match="job_priority_in_range"):
        Job.objects.insert([beyond] * COPY_FROM)

    assert Job.objects.count() == 0


def test_what_fails_after_the_copy_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(*_: str) -> None:
        raise OperationalError("canceling statement due to user request")

    monkeypatch.setattr(Job.objects, "values_list", cancelled)

    with pytest.raises(OperationalError):
        Job.objects.insert(
            [NewJob("tests.note", "default", 5, "{}", None, None, None, 4)] * COPY_FROM
        )

    assert Job.objects.count() == 0


def test_what_is_due_comes_by_urgency_and_then_by_age() -> None:
    late = make_job()
    early = make_job()
    urgent = make_job(priority=9)
    elsewhere_queued = make_job(queue="bulk", priority=9)
    make_job(delay_seconds=60)
    claim_one(make_job())
    make_due(early)
    messages = Job.objects.next_due(lists_of(["default"]), 10)
    assert [one.job_id for one in messages] == [urgent.id, early.id, late.id]
    assert [one.job_id for one in Job.objects.next_due(lists_of(["bulk"]), 10)] == [
        elsewhere_queued.id
    ]
    assert [one.job_id for one in Job.objects.next_due(lists_of(["default"]), 1)] == [urgent.id]
