"""A claimed job, and what can be read from it."""

import json

from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.new_job import NewJob
from jobs.core.retry import Budget
from jobs.core.schedule_spec import ScheduleSpec
from jobs.services.edit import JobChanges
from jobs.services.enqueue.request import JobRequest
from jobs.tests.claims import make_claim


def test_its_id_as_text_is_the_same_with_a_key_of_its_own_and_a_shared_one() -> None:
    job_id = uuid7()
    assert make_claim(id=job_id).id_text == str(job_id)
    assert make_claim(id=job_id, effect_key="tests.note:ann").id_text == str(job_id)


def test_the_budget_is_what_earlier_attempts_have_spent() -> None:
    claim = make_claim(failures=2, crashes=1, max_retries=7)
    assert claim.budget == Budget(failures=2, crashes=1, max_retries=7)


def test_its_message_is_what_was_dispatched() -> None:
    claim = make_claim(effect_key="tests.note:ann", queue="bulk", priority=9)
    assert claim.message == QueueMessage(claim.id, "tests.note:ann", "bulk", 9)


def test_no_repr_shows_a_payload() -> None:
    """Who reports errors, Sentry for example, keeps the repr of each local variable of a frame."""
    payload = {"card": "hunter2"}
    request = JobRequest("tests.note", payload)
    values = [
        make_claim(payload=payload),
        request,
        JobChanges(payload=payload),
        ScheduleSpec(name="nightly", type="tests.note", payload=payload),
        NewJob("tests.note", "bulk", 5, json.dumps(payload), None, None, None, 4),
    ]
    assert "hunter2" not in repr(values)
