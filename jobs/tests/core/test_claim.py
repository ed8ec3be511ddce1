"""A claimed job, and what can be read from it."""

from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.retry import Budget
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
